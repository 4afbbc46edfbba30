import { readFileSync } from "node:fs"
import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import * as Database from "@kite/adapters/postgres/Database"
import { Settings, SettingsError } from "@kite/adapters/settings/Settings"
import { AuditRetention } from "@kite/server/audit/AuditRetention"
import { AuditVerification } from "@kite/server/audit/AuditVerification"
import { Console, Effect, Layer, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import * as Embedded from "../Embedded.ts"
import * as Infrastructure from "../Infrastructure.ts"
import { InputError } from "../PasswordInput.ts"

const contains = Flag.String("contains").pipe(
  Flag.withDescription("A seal that must be there, as an earlier `kite audit verify` or the log wrote it: 12:9f3a..."),
  Flag.optional
)
const oldSecretFile = Flag.String("old-secret-file").pipe(
  Flag.withDescription("A file with a former TOKEN_SECRET, for seals that were made with it"),
  Flag.optional
)

const readAnchor = (text: string) =>
  /^\d{1,15}:[0-9a-f]{32}$/.test(text)
    ? Effect.succeed(text)
    : Effect.fail(new InputError({ message: `"${text}" is not a seal such as 12:9f3a...` }))

const readSecret = (path: string) =>
  Effect.try({
    try: () => Redacted.make(readFileSync(path, "utf8").replace(/\r?\n$/, "")),
    catch: () => new InputError({ message: `the file ${path} cannot be read` })
  })

const verification = AuditVerification.layer.pipe(
  Layer.provide(Infrastructure.layerDatabase),
  Layer.provide(Embedded.layerShared)
)

const verify = Command.make(
  "verify",
  { contains, oldSecretFile },
  Effect.fn(function* ({ contains, oldSecretFile }) {
    const anchor = Option.isSome(contains) ? yield* readAnchor(contains.value) : undefined
    const oldSecrets = Option.isSome(oldSecretFile) ? [yield* readSecret(oldSecretFile.value)] : []
    const { entries, seals, waiting, last } = yield* AuditVerification.use((service) =>
      service.verify({ anchor, oldSecrets })
    ).pipe(Effect.provide(verification))
    yield* Console.log(`${entries} entries in ${seals} seals are as they were written; ${waiting} wait for a seal`)
    if (last !== undefined) yield* Console.log(`The last seal is ${last}`)
  })
).pipe(Command.withDescription("Check that nobody changed, removed or added entries of the audit log"))

/** As the owner of the tables: the role of the application can remove nothing. */
const ownerDatabase = Layer.unwrap(
  Effect.gen(function* () {
    const { DATABASE_MIGRATE_URL, DATABASE_URL } = yield* Settings
    const url = DATABASE_MIGRATE_URL ?? DATABASE_URL
    if (url === undefined) return yield* new SettingsError({ message: "DATABASE_MIGRATE_URL is missing" })
    return Database.layerUrl(url, { maxConnections: 2, statementTimeout: "1 minute", applicationName: "kite-prune" })
  })
)

const prune = Command.make("prune", {}, () =>
  Effect.gen(function* () {
    const { AUDIT_RETENTION: age } = yield* Settings
    if (age === undefined) return yield* new SettingsError({ message: "AUDIT_RETENTION is missing" })
    const removed = yield* AuditRetention.use((service) => service.prune(age)).pipe(
      Effect.provide(Layer.provide(AuditRetention.layer, ownerDatabase)),
      Effect.provideService(CorrelationId, SecureRandom.uuidV4Unsafe())
    )
    yield* Console.log(`Removed ${removed} entries`)
  }).pipe(Effect.provide(Embedded.layerShared))
).pipe(
  Command.withDescription("Remove entries that are older than AUDIT_RETENTION, with DATABASE_MIGRATE_URL; run it daily")
)

export const audit = Command.make("audit").pipe(
  Command.withDescription("The log of who did what"),
  Command.withSubcommands([verify, prune])
)
