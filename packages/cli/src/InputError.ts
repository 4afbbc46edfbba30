import { Schema } from "effect"

/** What the operator gave cannot be taken; the message says why. */
export class InputError extends Schema.TaggedError<InputError>()("InputError", { message: Schema.String }) {}
