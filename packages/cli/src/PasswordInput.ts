import { NewPassword } from "@kite/domain/auth/Password"
import { Effect, FileSystem, Option, Redacted, Schema, Stdio, Stream } from "effect"
import { Prompt, TerminalCapabilities } from "effect/cli"

/** The operator's input is not usable; the message says why. */
export class InputError extends Schema.TaggedError<InputError>()("InputError", { message: Schema.String }) {}

const rule = "the password must have 12 to 128 characters"

const decode = (text: string) =>
  Effect.mapError(Schema.decodeEffect(NewPassword)(text), () => new InputError({ message: rule }))

const fromFile = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(
    files.readFileString(path),
    () => new InputError({ message: `the password file ${path} cannot be read` })
  )
  return yield* decode(text.replace(/\r?\n$/, ""))
})

/** Typed twice, because it is not shown. */
const fromTerminal = Effect.gen(function* () {
  const validate = (text: string) => Effect.mapError(Effect.as(decode(text), text), ({ message }) => message)
  const password = yield* Prompt.run(Prompt.Hidden({ message: "Password", validate }))
  const again = yield* Prompt.run(Prompt.Hidden({ message: "Again" }))
  if (Redacted.value(password) === Redacted.value(again)) return yield* decode(Redacted.value(password))
  return yield* new InputError({ message: "the two passwords differ" })
}).pipe(Effect.catchTag("QuitError", () => new InputError({ message: "no password was given" })))

/** How many chunks of standard input are searched for the end of its first line. */
const maxChunks = 16

const fromStandardInput = Effect.gen(function* () {
  const { stdin } = yield* Stdio.Stdio
  const text = yield* Stream.decodeText(stdin).pipe(
    Stream.takeUntil((chunk) => chunk.includes("\n")),
    Stream.take(maxChunks),
    Stream.mkString,
    Effect.mapError(() => new InputError({ message: "standard input cannot be read" }))
  )
  return yield* decode(text.split(/\r?\n/, 1)[0] ?? "")
})

/** A new password: from the file if there is one, else typed without echo at a terminal, else the first line of standard input. */
export const passwordInput = Effect.fnUntraced(function* (file: Option.Option<string>) {
  if (Option.isSome(file)) return yield* fromFile(file.value)
  const { canPrompt } = yield* TerminalCapabilities.TerminalCapabilities
  if (canPrompt) return yield* fromTerminal
  const { stdinIsTerminal } = yield* Stdio.Stdio
  if (!(yield* stdinIsTerminal)) return yield* fromStandardInput
  return yield* new InputError({ message: "this terminal would show the password; use --password-file" })
})
