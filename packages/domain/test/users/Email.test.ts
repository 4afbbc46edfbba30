import { assert, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { Email } from "../../src/users/Email.ts"

const decode = Schema.decodeUnknownOption(Email)
const form = (address: string): string | undefined => Option.getOrUndefined(decode(address))

it("an e-mail address has one form, in every spelling", () => {
  for (const [given, stored] of [
    ["  Anna@Example.ORG\t", "anna@example.org"],
    ["ａｎｎａ＠example．org", "anna@example.org"],
    ["MÜLLER@example.org", "müller@example.org"],
    ["mu\u0308ller@example.org", "müller@example.org"],
    ["ﬁsh@example.org", "fish@example.org"],
    ["\u212Aite@example.org", "kite@example.org"],
    ["a+tag@sub.example.org", "a+tag@sub.example.org"]
  ] as const) {
    assert.strictEqual(form(given), stored)
  }
})

it("similar letters of other scripts make another address", () => {
  const latin = form("paypal@example.org")
  for (const alike of ["pаypal@example.org", "рaypal@example.org", "ρaypal@example.org"]) {
    assert.isDefined(form(alike))
    assert.notStrictEqual(form(alike), latin)
  }
})

it("invalid addresses, and addresses with hidden characters, are refused", () => {
  for (const given of [
    "",
    "anna",
    "anna@",
    "@example.org",
    "anna@example",
    "anna@@example.org",
    "anna@example..org",
    "an na@example.org",
    "anna@example.org\r\nBcc: eve@example.org",
    "anna\u0000@example.org",
    "an\u200Bna@example.org",
    "an\u00ADna@example.org",
    "\u202Eanna@example.org",
    "anna@exam\u2060ple.org",
    "an\uFE0Fna@example.org",
    "\uD800@example.org",
    `${"a".repeat(65)}@example.org`,
    `a@${"b".repeat(260)}.org`,
    "anna＠example.org@example.org",
    12,
    null
  ]) {
    assert.isTrue(Option.isNone(decode(given)), JSON.stringify(given))
  }
})

it.prop(
  "decoding a decoded address changes nothing",
  { local: Schema.String.check(Schema.isMaxLength(20)), domain: Schema.String.check(Schema.isMaxLength(20)) },
  ({ local, domain }) => {
    const stored = form(`${local}@${domain}.org`)
    if (stored !== undefined) assert.strictEqual(form(stored), stored)
  }
)
