import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { Email } from "@kite/domain/users/Email"
import { Invites } from "@kite/server/invites/Invites"
import { Accounts } from "@kite/server/users/Accounts"
import { Console, DateTime, Effect, Layer, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import { InputError, passwordInput } from "../PasswordInput.ts"

const accounts = Accounts.layer.pipe(Layer.provide(Infrastructure.layerDatabase), Layer.provide(Embedded.layerShared))
const invites = Invites.layer.pipe(
  Layer.provide([Infrastructure.layerDatabase, Infrastructure.layerMailer]),
  Layer.provide(Embedded.layerShared)
)

const email = Argument.String("email").pipe(Argument.withDescription("The e-mail address of the new account"))
const isAdmin = Flag.Boolean("admin").pipe(Flag.withDescription("Create an admin"), Flag.withDefault(false))
const passwordFile = Flag.String("password-file").pipe(
  Flag.withDescription("Read the password from this file instead of the terminal or standard input"),
  Flag.optional
)

const readEmail = (text: string) =>
  Effect.mapError(
    Schema.decodeEffect(Email)(text),
    () => new InputError({ message: `"${text}" is not a valid e-mail address` })
  )

const emailTaken = (email: Email) =>
  new InputError({ message: `an account with the e-mail address ${email} already exists` })

const createUser = Command.make(
  "create-user",
  { email, isAdmin, passwordFile },
  Effect.fn(function* ({ email: text, isAdmin, passwordFile }) {
    const email = yield* readEmail(text)
    const password = yield* passwordInput(passwordFile)
    const role = isAdmin ? "admin" : "user"
    const create = Accounts.use((service) => service.create({ email, password, role }, "command line")).pipe(
      Effect.catchTags({
        EmailTaken: () => emailTaken(email),
        WeakPassword: ({ detail, title }) => new InputError({ message: detail ?? title })
      }),
      Effect.provide(accounts),
      Effect.provideService(CorrelationId, SecureRandom.uuidV4Unsafe())
    )
    const user = yield* create
    yield* Console.log(`Created the ${user.role} ${user.email}, ${user.id}`)
  })
).pipe(Command.withDescription("Create an account; kite may be running or stopped"))

/** The mail is sent when the layer of Invites closes, at the latest. */
const invite = Command.make(
  "invite",
  { email, isAdmin },
  Effect.fn(function* ({ email: text, isAdmin }) {
    const email = yield* readEmail(text)
    const role = isAdmin ? "admin" : "user"
    const { expiresAt } = yield* Invites.use((service) =>
      service.create({ email, role }, { name: "command line" })
    ).pipe(
      Effect.catchTags({
        EmailTaken: () => emailTaken(email),
        RegistrationClosed: () => new InputError({ message: "REGISTRATION is closed, so an invite would not work" })
      }),
      Effect.provide(invites),
      Effect.provideService(CorrelationId, SecureRandom.uuidV4Unsafe())
    )
    yield* Console.log(`Invited ${email} as ${role}, until ${DateTime.formatIso(expiresAt)}`)
  })
).pipe(Command.withDescription("Mail an invite, with which the address can register within 7 days"))

export const admin = Command.make("admin").pipe(
  Command.withDescription("Manage accounts"),
  Command.withSubcommands([createUser, invite])
)
