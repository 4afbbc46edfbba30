import { assert } from "@effect/vitest"
import type { Answer } from "./Client.ts"

/** What no response may contain: stacks, SQL, paths of this machine. */
const leak = /node_modules|\/work\/|at .*\.ts|SELECT|syntax error/i

/**
 * Asserts that the response is exactly this problem: complete by RFC 9457, and without internals of the server. `instance` is
 * null if the request had no readable path.
 */
export const assertProblem = (answer: Answer, status: number, name: string | RegExp, instance?: string | null) => {
  const where = `${instance ?? ""} ${answer.status} ${answer.text.slice(0, 300)}`
  assert.strictEqual(answer.status, status, where)
  assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", where)
  const { json } = answer
  if (typeof name === "string") assert.strictEqual(json.type, `urn:kite:problem:${name}`, where)
  else assert.match(json.type, name, where)
  assert.strictEqual(json.status, status, where)
  assert.isNotEmpty(json.title, where)
  assert.match(json.correlationId, /^[0-9a-f-]{36}$/, where)
  assert.strictEqual(answer.headers.get("x-correlation-id"), json.correlationId, where)
  if (instance === undefined) assert.isString(json.instance, where)
  else assert.strictEqual(json.instance ?? null, instance, where)
  assert.notMatch(answer.text, leak)
}
