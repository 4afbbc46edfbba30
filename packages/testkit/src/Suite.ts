import { layer } from "@effect/vitest"
import type { Layer } from "effect"

/** Tests that share these real parts: built once, within 90 seconds, under the real clock. Use as `suite(parts)("name", (it) => ...)`. */
export const suite = <R, E>(parts: Layer.Layer<R, E>) =>
  layer(parts, { excludeTestServices: true, timeout: "90 seconds" })
