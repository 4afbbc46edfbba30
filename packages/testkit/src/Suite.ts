import { layer } from "@effect/vitest"
import type { Layer } from "effect"

/** `suite(parts)("name", (it) => ...)`: tests that share real parts, built once within 90 seconds, with the real clock. */
export const suite = <R, E>(parts: Layer.Layer<R, E>) =>
  layer(parts, { excludeTestServices: true, timeout: "90 seconds" })
