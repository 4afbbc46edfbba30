import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { testDatabase } from "../../../../test/parts/TestDatabase.ts"

layer(testDatabase, { excludeTestServices: true })("Database", (it) => {
  it.effect("speaks camelCase here and snake_case there", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT 1 AS some_number`, [{ someNumber: 1 }])
    })
  )
})
