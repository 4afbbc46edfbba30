import { Context, type Effect } from "effect"
import type { HttpServerRequest } from "effect/http"

/** What a policy counts a login by: the e-mail, and the device if it is known to the e-mail's account. */
export interface LoginSubject {
  readonly email: string
  readonly device?: string | undefined
}

/**
 * By what to count a request that nobody has authenticated yet, from the credentials that it presents. Undefined if it presents none
 * that are well formed. The request keeps its body, so that the handler can read it too.
 */
export class CredentialSubjects extends Context.Service<
  CredentialSubjects,
  {
    readonly login: Effect.Effect<LoginSubject | undefined, never, HttpServerRequest.HttpServerRequest>
    readonly session: Effect.Effect<string | undefined, never, HttpServerRequest.HttpServerRequest>
  }
>()("@kite/server/limits/CredentialSubjects") {}
