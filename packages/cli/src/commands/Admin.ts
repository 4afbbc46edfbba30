import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { Email } from "@kite/domain/users/Email"
import { Accounts } from "@kite/server/users/Accounts"
import { Console, Effect, Layer, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import { InputError, passwordInput } from "../PasswordInput.ts"

const accounts = Accounts.layer.pipe(Layer.provide(Infrastructure.layerDatabase), Layer.provide(Embedded.layerShared))

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

const createUser = Command.make(
  "create-user",
  { email, isAdmin, passwordFile },
  Effect.fn(function* ({ email: text, isAdmin, passwordFile }) {
    const email = yield* readEmail(text)
    const password = yield* passwordInput(passwordFile)
    const role = isAdmin ? "admin" : "user"
    const create = Accounts.use((service) => service.create({ email, password, role }, "command line")).pipe(
      Effect.catchTags({
        EmailTaken: () => new InputError({ message: `an account with the e-mail address ${email} already exists` }),
        WeakPassword: ({ detail, title }) => new InputError({ message: detail ?? title })
      }),
      Effect.provide(accounts),
      Effect.provideService(CorrelationId, SecureRandom.uuidV4Unsafe())
    )
    const user = yield* create
    yield* Console.log(`Created the ${user.role} ${user.email}, ${user.id}`)
  })
).pipe(Command.withDescription("Create an account; kite may be running or stopped"))

export const admin = Command.make("admin").pipe(
  Command.withDescription("Manage accounts"),
  Command.withSubcommands([createUser])
)
