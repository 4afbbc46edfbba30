import { readdir, readFile } from "node:fs/promises"
import { Effect } from "effect"

/** The process ids of everything this process has started (Linux), grandchildren included. */
export const childrenOf = (pid: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.promise(async () => {
    const tasks = await readdir(`/proc/${pid}/task`)
    const lists = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8")))
    return lists.flatMap((list) =>
      list
        .split(" ")
        .filter((text) => text !== "")
        .map(Number)
    )
  }).pipe(
    Effect.flatMap((found) => Effect.map(Effect.forEach(found, childrenOf), (below) => [...found, ...below.flat()]))
  )
