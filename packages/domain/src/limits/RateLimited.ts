import { Schema } from "effect"
import { Problem } from "../Problem.ts"
import { PolicyName } from "./RateLimitPolicy.ts"

/** 429: too many requests. `Retry-After` says when to retry. The same whether or not an account exists. */
export class RateLimited extends Problem<RateLimited>()(
  "RateLimited",
  {
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    status: 429,
    title: "Too many requests"
  },
  { "violated-policies": Schema.Array(PolicyName) }
) {}
