import { ClientIp } from "@kite/adapters/logging/RequestContext"
import { Settings } from "@kite/adapters/settings/Settings"
import { isWrongPassword } from "@kite/domain/auth/AuthErrors"
import { RateLimited } from "@kite/domain/limits/RateLimitMiddleware"
import { type PolicyName, policyTable, rateLimitsOf } from "@kite/domain/limits/RateLimitPolicy"
import { givenBack, type Verdict } from "@kite/domain/limits/Verdict"
import { Cause, Context, Effect, Exit, Layer, Option } from "effect"
import type { HttpServerResponse } from "effect/http"
import { chargesOf, type Subjects } from "./PolicyCharges.ts"
import { type Admission, RateLimiter } from "./RateLimiter.ts"
import { recordRefusal } from "./RateLimitMetrics.ts"
import { addVerdicts, type Charged, RequestCharge } from "./RequestCharge.ts"

type Response = HttpServerResponse.HttpServerResponse

/** Charges the current request to its policies, and puts their state on the response, whatever the response will be. */
export class RateLimitGate extends Context.Service<
  RateLimitGate,
  {
    /**
     * Charges those of the policies whose subject is known, in one call to the limiter, and then runs the request. A policy that
     * counts failures keeps its charge only if the password is wrong, or if the client disconnects before that is known. A right
     * password clears the window; any other outcome gives the charge back.
     */
    admit<E, R>(
      policies: ReadonlyArray<PolicyName>,
      subjects: Subjects,
      request: Effect.Effect<Response, E, R>
    ): Effect.Effect<Response, E | RateLimited, R>
    /** Leaves the current request unlimited. */
    readonly exempt: Effect.Effect<void>
  }
>()("@kite/server/limits/RateLimitGate") {
  static readonly layer = Layer.effect(
    RateLimitGate,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const limits = rateLimitsOf(yield* Settings)

      const settle = Effect.fnUntraced(function* (
        admission: Admission,
        charged: Charged,
        exit: Exit.Exit<Response, unknown>
      ) {
        const outcome = outcomeOf(exit)
        if (outcome === "wrong") return
        for (const charge of admission.charges) {
          const { name, limit } = charge.policy
          if (!countsFailures(name)) continue
          yield* outcome === "right" ? limiter.clear(charge) : limiter.giveBack(admission, name)
          charged.policies = charged.policies.map((verdict) =>
            verdict.policy.name === name ? givenBack(verdict, outcome === "right" ? limit : 1) : verdict
          )
        }
      })

      const admit = <E, R>(
        policies: ReadonlyArray<PolicyName>,
        subjects: Subjects,
        request: Effect.Effect<Response, E, R>
      ) =>
        Effect.withFiber<Response, E | RateLimited, R>((fiber) => {
          const ip = fiber.getRef(ClientIp)
          const charges = policies.flatMap((name) => chargesOf(limits, name, subjects, ip))
          if (charges.length === 0) return request
          return Effect.flatMap(limiter.check(charges), (admission): Effect.Effect<Response, E | RateLimited, R> => {
            const charged = addVerdicts(fiber, admission.policies)
            if (!admission.allowed) return Effect.andThen(recordRefusal(admission), Effect.fail(refusal(admission)))
            return charges.some(({ policy }) => countsFailures(policy.name))
              ? Effect.onExit(request, (exit) => settle(admission, charged, exit))
              : request
          })
        })

      const exempt = Effect.map(RequestCharge, (charged) => {
        if (charged !== undefined) charged.settled = true
      })
      return RateLimitGate.of({ admit, exempt })
    })
  )
}

const countsFailures = (name: PolicyName) => policyTable[name].counts === "failures"

/** `neither`: the password was not checked, or was right but the request failed for another reason. */
const outcomeOf = (exit: Exit.Exit<Response, unknown>): "right" | "wrong" | "neither" => {
  if (Exit.isSuccess(exit)) return exit.value.status < 400 ? "right" : "neither"
  const isWrong = Option.exists(Cause.findErrorOption(exit.cause), isWrongPassword)
  return isWrong || Cause.hasInterrupts(exit.cause) ? "wrong" : "neither"
}

const refusal = ({ policies }: Verdict) =>
  new RateLimited({
    "violated-policies": [...new Set(policies.flatMap(({ allowed, policy }) => (allowed ? [] : [policy.name])))]
  })
