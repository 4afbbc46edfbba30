import { assert, describe, it } from "@effect/vitest"
import { Email } from "@kite/domain/users/Email"
import { Option, Schema } from "effect"
import fc from "fast-check"

const read = Schema.decodeUnknownOption(Email)

/** Letters with unusual case or compatibility forms, and ordinary ones. */
const letter = fc.constantFrom(
  ..."a b z A Z 0 9 . - + _ é É e\u0301 ß ẞ İ ı K Å Σ ς ﬁ Ａ ９ ϒ ǅ \u0345 \u1FBC ５ @ ＠ \u00a8 \u2024 \ud800 \0".split(
    " "
  ),
  " "
)
const part = fc.array(letter, { minLength: 1, maxLength: 12 }).map((letters) => letters.join(""))
const address = fc.oneof(
  fc.tuple(part, part, part).map(([local, host, top]) => `${local}@${host}.${top}`),
  fc.emailAddress(),
  fc.string({ unit: "binary", maxLength: 300 })
)
const runs = { numRuns: 5_000 }

describe("laws of an e-mail address", () => {
  it("is the same in any case, width and surrounding white space", () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom("", " ", "\t", "\u3000", "\n"), (plain, space) => {
        const email = Option.getOrThrow(read(plain))
        assert.strictEqual(Option.getOrThrow(read(space + plain.toUpperCase() + space)), email)
        assert.strictEqual(Option.getOrThrow(read(plain.replace(/[a-zA-Z0-9]/g, wide))), email)
      })
    )
  })

  it("has one form: decoding that form again changes nothing", () => {
    fc.assert(
      fc.property(address, (text) => {
        const email = Option.getOrUndefined(read(text))
        if (email !== undefined) assert.strictEqual(Option.getOrUndefined(read(email)), email)
      }),
      runs
    )
  })

  it("has one @, no white space and nothing that the database cannot store", () => {
    fc.assert(
      fc.property(address, (text) => {
        const email = Option.getOrUndefined(read(text))
        if (email === undefined) return
        assert.match(email, /^[^@\s]+@[^@\s]+\.[^@\s]+$/)
        assert.notMatch(email, /[\p{Cc}\p{Cs}]/u)
        assert.isAtMost(email.length, 254)
      }),
      runs
    )
  })

  it("refuses invalid text, and never throws", () => {
    const wrong = [
      "",
      "@",
      "a@",
      "@b.c",
      "a@b",
      "a b@c.d",
      "a@b..c",
      "a@b.c.",
      "a@@b.c",
      "a@b.c\0",
      "\ud800@b.c",
      5,
      null
    ]
    for (const text of [...wrong, `${"a".repeat(65)}@b.c`, `a@${"b".repeat(252)}.c`, {}, []]) {
      assert.isTrue(Option.isNone(read(text)), String(text))
    }
  })
})

const wide = (character: string) => String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0)
