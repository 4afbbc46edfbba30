import { enableCompileCache } from "node:module"
import { fileURLToPath } from "node:url"

// Later starts take about half the time. Only those who can change the program can change the cache. Where it cannot be written, as in
// a container, kite runs without it. Modules that a module imports are compiled before it runs, hence the second file.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/kite", import.meta.url)))
await import("./Kite.ts")
