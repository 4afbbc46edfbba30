import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import { Email } from "@kite/domain/auth/Email"
import { AccountCreation } from "@kite/server/admin/AccountCreation"
import { Console, Effect, Layer, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import { InputError } from "../InputError.ts"
import { passwordInput } from "../PasswordInput.ts"

const accounts = AccountCreation.layer.pipe(
  Layer.provide(Infrastructure.layerDatabase),
  Layer.provide(Embedded.layerShared)
)

const email = Argument.String("email").pipe(Argument.withDescription("The e-mail address of the new account"))
const isAdmin = Flag.Boolean("admin").pipe(Flag.withDescription("Make it an admin"), Flag.withDefault(false))
const passwordFile = Flag.String("password-file").pipe(
  Flag.withDescription("Read the password from this file instead of the terminal or standard input"),
  Flag.optional
)

const readEmail = (text: string) =>
  Effect.mapError(Schema.decodeEffect(Email)(text), () => new InputError({ message: `"${text}" is no e-mail address` }))

const createUser = Command.make(
  "create-user",
  { email, isAdmin, passwordFile },
  Effect.fn(function* ({ email: text, isAdmin, passwordFile }) {
    const email = yield* readEmail(text)
    const password = yield* passwordInput(passwordFile)
    const role = isAdmin ? "admin" : "user"
    const create = AccountCreation.use((service) => service.create({ email, password, role }, "command line")).pipe(
      Effect.catchTags({
        EmailTaken: () => new InputError({ message: `there is an account of ${email} already` }),
        WeakPassword: ({ detail, title }) => new InputError({ message: detail ?? title })
      }),
      Effect.provide(accounts),
      Effect.provideService(CorrelationId, SecureRandom.uuidV4Unsafe())
    )
    const user = yield* create
    yield* Console.log(`Made the ${user.role} ${user.email}, ${user.id}`)
  })
).pipe(Command.withDescription("Make an account, also while kite runs"))

export const admin = Command.make("admin").pipe(
  Command.withDescription("What the operator does to accounts"),
  Command.withSubcommands([createUser])
)
