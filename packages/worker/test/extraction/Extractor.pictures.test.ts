import { assert, layer } from "@effect/vitest"
import type { ContentType } from "@kite/domain/documents/Document"
import { pictureOf, tiffOf } from "@kite/testkit/files/ImageFile"
import { defaultLimits, ExtractionLimits } from "@kite/worker/extraction/ExtractionLimits"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect, Layer } from "effect"
import sharp, { type Sharp } from "sharp"
import { extractBytes } from "../fixtures/ExtractBytes.ts"

/** A page as a scanner gives it: 1,240 pixels wide, lines of the same length. */
const lines = [
  "The harbour festival committee met on",
  "Tuesday evening to discuss the budget",
  "for lanterns and music, and decided to",
  "invite everybody who had helped before.",
  "The minutes were taken by its secretary"
]
const expected = ["harbour", "festival", "Tuesday", "lanterns", "secretary"]
const page = pictureOf([...lines, ...lines], 48, 1240)
const scan = async () => sharp(await page.encode("png")).flatten({ background: "#fff" })
const png = (image: Sharp) => image.png().toBuffer()

/** The ink of the page as opacity: light letters on nothing. */
const lightOnNothing = async () => {
  const { data, info } = await (await scan()).toColourspace("b-w").raw().toBuffer({ resolveWithObject: true })
  const rgba = Buffer.alloc(data.length * 4, 255)
  for (const [at, value] of data.entries()) rgba[at * 4 + 3] = 255 - value
  return png(sharp(rgba, { raw: { width: info.width, height: info.height, channels: 4 } }))
}

/** A classic TIFF whose tag of this number has another value. */
const tiffWith = (tag: number, value: number) => {
  const tiff = tiffOf([pictureOf(["x"], 40, 200)])
  const entry = Buffer.alloc(2)
  entry.writeUInt16LE(tag)
  tiff.writeUInt32LE(value, tiff.lastIndexOf(Buffer.concat([entry, Buffer.from([4, 0])])) + 8)
  return tiff
}

const turnedBy = (angle: number) => async () => png((await scan()).rotate(angle, { background: "#fff" }))
const pictures: ReadonlyArray<readonly [string, ContentType, () => Promise<Uint8Array>]> = [
  ...[90, 180, 270, 10, -7].map((angle) => [`turned by ${angle} degrees`, "image/png", turnedBy(angle)] as const),
  ["of small letters", "image/png", async () => png(sharp(await pictureOf(lines, 13, 320).encode("png")))],
  ["light on dark ground", "image/png", async () => png((await scan()).negate())],
  ["light on a transparent ground", "image/png", lightOnNothing],
  ["of 60 megapixels", "image/jpeg", async () => (await scan()).resize({ width: 8600 }).jpeg().toBuffer()],
  ["that lacks its end", "image/jpeg", async () => (await (await scan()).jpeg().toBuffer()).subarray(0, -40)],
  ["in tiles of a BigTIFF", "image/tiff", async () => (await scan()).tiff({ bigtiff: true, tile: true }).toBuffer()],
  ["as a GIF", "image/gif", async () => (await scan()).gif().toBuffer()],
  ["as an AVIF", "image/avif", async () => (await scan()).avif({ effort: 0 }).toBuffer()]
]

layer(Extractor.layer({ concurrency: 1, languages: ["eng"] }), { excludeTestServices: true, timeout: "60 seconds" })(
  "Extractor reads a picture",
  (it) => {
    for (const [name, type, make] of pictures) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const bytes = yield* Effect.promise(make)
          const [read] = (yield* extractBytes(bytes, type)).pages
          for (const word of expected) assert.include(read?.text, word)
          assert.isAbove(read?.ocrConfidence ?? 0, 75)
        })
      )
    }

    it.effect("that is blank as a page without text, and without confidence", () =>
      Effect.gen(function* () {
        const white = sharp({ create: { width: 800, height: 800, channels: 3, background: "#fff" } })
        const { pages } = yield* extractBytes(yield* Effect.promise(() => png(white)), "image/png")
        assert.deepStrictEqual(pages, [{ number: 1, text: "", source: "ocr" }])
      })
    )

    it.effect("not where decoding gave nothing but black", () =>
      Effect.gen(function* () {
        const black = sharp({ create: { width: 800, height: 800, channels: 3, background: "#000" } })
        const failure = yield* Effect.flip(extractBytes(yield* Effect.promise(() => png(black)), "image/png"))
        assert.strictEqual(failure.code, "corrupt")
      })
    )

    it.effect("not where a TIFF has floating point numbers: unsupported", () =>
      Effect.gen(function* () {
        const image = (yield* Effect.promise(scan)).toColourspace("scrgb").tiff({ compression: "deflate" })
        const bytes = yield* Effect.promise(() => image.toBuffer())
        assert.strictEqual((yield* Effect.promise(() => sharp(bytes).metadata())).depth, "float")
        assert.strictEqual((yield* Effect.flip(extractBytes(bytes, "image/tiff"))).code, "unsupported")
      })
    )

    for (const [name, tag, value] of [
      ["zstd", 259, 50000],
      ["lzma", 259, 34925],
      ["JPEG in its old style", 259, 6],
      ["an unknown compression", 259, 50999]
    ] as const) {
      it.effect(`not where a TIFF has ${name}: unsupported`, () =>
        Effect.gen(function* () {
          const failure = yield* Effect.flip(extractBytes(tiffWith(tag, value), "image/tiff"))
          assert.strictEqual(failure.code, "unsupported", failure.message)
        })
      )
    }
  }
)

const Narrow = Layer.succeed(ExtractionLimits, { ...defaultLimits, maxPages: 2 })

layer(Extractor.layer({ concurrency: 1, languages: ["eng"] }).pipe(Layer.provide(Narrow)), {
  excludeTestServices: true,
  timeout: "60 seconds"
})("Extractor leaves out", (it) => {
  it.effect("the frames of a TIFF after the first so many, and says so", () =>
    Effect.gen(function* () {
      const { pages, notices } = yield* extractBytes(
        tiffOf(["one", "two", "three"].map((word) => pictureOf([word]))),
        "image/tiff"
      )
      assert.lengthOf(pages, 2)
      assert.deepStrictEqual(notices, [
        { code: "pages-left-out", message: "The file has 3 pages; the first 2 are read." }
      ])
    })
  )
})
