import { assert, describe, it } from "@effect/vitest"
import { preferredWait, WaitQuery } from "@kite/domain/documents/Wait"
import { Option, Schema } from "effect"

const decode = Schema.decodeUnknownOption(WaitQuery)

describe("the preference wait of RFC 7240", () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["wait=10", 10],
    ["WAIT=10", 10],
    ['wait="10"', 10],
    ["wait = 10", 10],
    ["respond-async, wait=10", 10],
    ["respond-async;foo=bar, wait=10; a=b, x", 10],
    ["wait=5, wait=10", 5],
    ["wait=0", 0],
    ["wait=600", 60],
    ["wait", undefined],
    ["wait=", undefined],
    ["wait=-1", undefined],
    ["wait=1.5", undefined],
    ["wait=10s", undefined],
    ["wait=ten", undefined],
    ["await=10", undefined],
    ["respond-async", undefined],
    ["wait=9999999999999999", undefined]
  ])("%s is %s seconds", (prefer, seconds) => {
    assert.strictEqual(preferredWait(prefer), seconds)
  })
})

describe("the query wait", () => {
  it.each<[string, number]>([
    ["30s", 30],
    ["30", 30],
    ["0s", 0],
    ["60s", 60],
    ["05", 5]
  ])("%s is %s seconds", (wait, seconds) => {
    assert.deepStrictEqual(decode({ wait }), Option.some({ wait: seconds }))
  })

  it.each(["", "61", "61s", "99", "-1", "1.5s", "1m", "30 s", "30ss", "s", "1e1", "\u0663"])(
    "%s is refused",
    (wait) => {
      assert.isTrue(Option.isNone(decode({ wait })))
    }
  )
})
