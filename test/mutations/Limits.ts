import type { Mutated } from "./Mutation.ts"

const sliding = ["packages/domain/test/limits/SlidingWindow.test.ts"]
const limiter = ["packages/server/test/limits/RateLimiter.test.ts"]

/** Rate limits, in memory and in Redis. */
export const limits: ReadonlyArray<Mutated> = [
  {
    file: "packages/domain/src/limits/SlidingWindow.ts",
    tests: sliding,
    changes: [
      ["one unit too many", "live + cost <= rule.limit", "live + cost <= rule.limit + 1"],
      ["one unit too few", "live + cost <= rule.limit", "live + cost < rule.limit"],
      ["a clock that steps back reorders", "Math.max(clock, times.at(-1) ?? clock)", "clock"],
      ["units leave one ms late", "(times[middle] ?? 0) <= bound", "(times[middle] ?? 0) < bound"],
      [
        "the retry comes too early",
        "limit - cost)] ?? now) + windowMs - now",
        "limit - cost)] ?? now) + windowMs - now - 1"
      ],
      ["the reset is that of a dead unit", "(times[dead] ?? now) + rule", "(times[0] ?? now) + rule"],
      ["more is available than the limit", "Math.max(0, rule.limit - live)", "Math.max(0, rule.limit - times.length)"]
    ]
  },
  {
    file: "packages/domain/src/limits/RateLimitHeaders.ts",
    tests: ["packages/domain/test/limits/RateLimitHeaders.test.ts"],
    changes: [
      ["seconds are rounded down", "Math.ceil(ms / 1_000)", "Math.floor(ms / 1_000)"],
      ["retry at once", "Math.max(1, seconds(ms))", "Math.max(0, seconds(ms))"],
      [
        "the tightest comes last",
        "Number(a.allowed) - Number(b.allowed) ||",
        "Number(b.allowed) - Number(a.allowed) ||"
      ],
      ["the shortest wait", "const longest = Math.max(", "const longest = Math.min("],
      ["refusals may be cached", '"cache-control": "no-store"', '"cache-control": "private"']
    ]
  },
  {
    file: "packages/domain/src/limits/RateLimit.ts",
    tests: ["packages/domain/test/limits/RateLimit.test.ts"],
    changes: [
      ["hours are minutes", "h: 3_600_000", "h: 60_000"],
      ["a limit of nothing", "minimum: 1, maximum: 1_000_000", "minimum: 0, maximum: 1_000_000"]
    ]
  },
  {
    file: "packages/domain/src/limits/RateLimitPolicy.ts",
    tests: [
      "packages/domain/test/limits/RateLimitPolicy.test.ts",
      "packages/server/test/limits/RateLimitedEndpoints.test.ts"
    ],
    changes: [
      ["logins have eleven a minute", 'defaultLimit: "10/1m"', 'defaultLimit: "11/1m"'],
      ["resets have six an hour", 'defaultLimit: "5/1h"', 'defaultLimit: "6/1h"'],
      [
        "a setting changes nothing",
        "settings[setting] ?? defaultRateLimits[name]",
        "defaultRateLimits[name] ?? settings[setting]"
      ]
    ]
  },
  {
    file: "packages/server/src/limits/SlidingWindow.lua",
    tests: ["packages/server/test/limits/SlidingWindowScript.test.ts", ...limiter],
    changes: [
      ["Redis: one unit too many", "local allowed = live + cost <= limit", "local allowed = live + cost <= limit + 1"],
      ["Redis: keys expire early", "call('PEXPIRE', key, window + step)", "call('PEXPIRE', key, window)"],
      ["Redis: a refusal charges", "for i = first, admitted and last or 0 do", "for i = first, last do"],
      ["Redis: dead units stay", "if deads[i] > 0 then", "if deads[i] > 1e9 then"],
      [
        "Redis: the clock steps back",
        "if newest > now then now = newest end",
        "if newest > now + 1e9 then now = newest end"
      ],
      [
        "Redis: one request's refusal refuses the next",
        "first, admitted = last + 1, true",
        "first, admitted = last + 1, admitted"
      ]
    ]
  },
  {
    file: "packages/server/src/limits/PolicyWindows.ts",
    tests: ["packages/server/test/limits/MemoryWindows.test.ts", ...limiter],
    changes: [
      [
        "the fullest window is evicted",
        "for (const ring of this.#rings) {",
        "for (const ring of this.#rings.toReversed()) {"
      ],
      ["the window just charged is evicted", "ring.after === added ? added.after : ring.after", "ring.after"],
      [
        "windows without a bound",
        "if (this.#windows.size <= this.#maxSubjects) return\n    for (const ring of this.#rings) this",
        "if (this.#windows.size > 0) return\n    for (const ring of this.#rings) this"
      ],
      ["a unit too many is given back", "last - first + 1 < cost", "last - first + 1 <= cost"],
      [
        "clearing parts clears one",
        "if (subject.startsWith(prefix)) this.#remove(window)",
        "if (subject.startsWith(prefix)) return this.#remove(window)"
      ],
      ["dead units stay in memory", "if (dead > 0) times.splice(0, dead)", "if (dead > 1e9) times.splice(0, dead)"]
    ],
    explained: { "dead units stay in memory": "costs memory alone: every decision skips dead units" }
  },
  {
    file: "packages/server/src/limits/RequestSubjects.ts",
    tests: ["packages/server/test/limits/RequestSubjects.test.ts"],
    changes: [
      ["the /56 is not counted", "{ subject: networkOf(ip, 56), factor: 4 },", ""],
      ["the /48 has no wider limit", "factor: 16", "factor: 4"],
      ["the /56 is a /64", "segment & 0xff00", "segment & 0xffff"]
    ]
  },
  {
    file: "packages/server/src/limits/RateLimitGate.ts",
    tests: ["packages/server/test/limits/RateLimitGate.test.ts", "packages/server/test/auth/LockOut.test.ts"],
    changes: [
      ["a wrong password is given back", 'if (outcome === "wrong") return', 'if (outcome === "neither") return'],
      [
        "a right password clears nothing",
        'outcome === "right" ? limiter.clear(charge)',
        'outcome === "neither" ? limiter.clear(charge)'
      ],
      ["a client that leaves guesses for nothing", "isWrong || Cause.hasInterrupts(exit.cause)", "isWrong"],
      [
        "a refusal runs the request",
        "if (!admission.allowed) return",
        "if (!admission.allowed && charges.length > 9) return"
      ]
    ]
  },
  {
    file: "packages/server/src/limits/PasswordGuesses.ts",
    tests: ["packages/server/test/auth/LockOut.test.ts"],
    changes: [
      [
        "a reset leaves the strangers' window",
        '{ name: "login-account" }, subject }',
        '{ name: "login-account" }, subject: id }'
      ],
      ["a reset leaves the devices' windows", "yield* limiter.clearParts({", "yield* limiter.clear({"]
    ]
  },
  {
    file: "packages/server/src/limits/RateLimiterRedis.ts",
    tests: ["packages/server/test/limits/RateLimiterFaults.test.ts"],
    changes: [
      [
        "refusals by Redis are charged here too",
        "if (!verdict.allowed) windows.undo(charges, at)",
        "if (verdict.allowed) windows.undo(charges, at)"
      ],
      [
        "a second quota after Redis is back",
        "recoveredAt = monotonicMs(clock)",
        "recoveredAt = Number.NEGATIVE_INFINITY"
      ],
      ["nothing is remembered here", "windows.record(charges, at)\n", "windows.size('ip')\n"],
      [
        "no fallback by itself",
        'if (mode === "fallback") return checkAlone(charges, at)',
        'if (mode !== "redis" && at < 0) return checkAlone(charges, at)'
      ]
    ]
  }
]
