import { assert, describe, it } from "@effect/vitest"
import { defaultLimits } from "@kite/worker/extraction/ExtractionLimits"
import { availableBytes, describeShortage, planMemory } from "@kite/worker/extraction/MemoryPlan"
import fc from "fast-check"

const MiB = 1024 * 1024
const plan = (mebibytes: number, concurrency: number) => planMemory(mebibytes * MiB, concurrency, defaultLimits)

describe("The memory of the extraction", () => {
  it("is the container's, or else the machine's", () => {
    assert.strictEqual(availableBytes(512 * MiB, 8192 * MiB), 512 * MiB)
    assert.strictEqual(availableBytes(0, 8192 * MiB), 8192 * MiB)
    assert.strictEqual(availableBytes(2 ** 64, 8192 * MiB), 8192 * MiB)
  })

  it("is shared so that all children together fit, whatever there is and however many are asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 65_536 }), fc.integer({ min: 1, max: 64 }), (mebibytes, concurrency) => {
        const { children, limits } = plan(mebibytes, concurrency)
        assert.isAtLeast(children, 1)
        assert.isAtMost(children, concurrency)
        assert.isAtMost(children * limits.maxResidentBytes, (mebibytes - 128) * MiB)
        assert.isAtMost(limits.maxResidentBytes, defaultLimits.maxResidentBytes)
        assert.isAtMost(limits.maxHeapBytes, limits.maxResidentBytes / 2)
      })
    )
  })

  it("changes nothing where there is enough", () => {
    const ample = plan(8192, 2)
    assert.deepStrictEqual(ample, { children: 2, limits: defaultLimits })
    assert.deepStrictEqual(describeShortage(ample, 2), [])
  })

  it("suffices in 512 MiB for one document at a time and for scans that are made smaller, and says so", () => {
    const small = plan(512, 2)
    assert.strictEqual(small.children, 1)
    assert.strictEqual(small.limits.maxResidentBytes, 384 * MiB)
    assert.deepStrictEqual(describeShortage(small, 2), [
      "1 instead of 2 documents are read at a time, since each takes 320 MiB",
      "scans are reduced to 7.3 megapixels before they are read"
    ])
  })

  it("does not suffice in 320 MiB for scans, and says so", () => {
    assert.include(describeShortage(plan(320, 1), 1), "a document may take 192 MiB, which is too little for most scans")
  })
})
