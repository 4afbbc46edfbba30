import type { Mutated } from "./Mutation.ts"

const refresh = [
  "packages/server/test/auth/sessions/RefreshTokens.test.ts",
  "packages/server/test/auth/sessions/Sessions.test.ts"
]
const revocation = [
  "packages/server/test/auth/tokens/Revocation.test.ts",
  "packages/server/test/auth/tokens/RevocationSet.test.ts"
]

/** Sessions, tokens, passwords and devices. */
export const auth: ReadonlyArray<Mutated> = [
  {
    file: "packages/server/src/auth/sessions/RefreshRotation.ts",
    tests: refresh,
    changes: [
      ["no grace", "const graceSeconds = 10", "const graceSeconds = 0"],
      ["a minute of grace", "const graceSeconds = 10", "const graceSeconds = 60"],
      ["ended sessions go on", "s.revoked_at IS NULL AND s.expires_at", "s.expires_at"],
      ["expired sessions go on", "AND s.expires_at > clock_timestamp() AND", "AND"],
      [
        "reuse is only refused",
        "if (Option.isNone(successor)) return TokenReused({ id, userId })",
        "if (Option.isNone(successor)) return Refused()"
      ],
      ["sealed successors stay", "SET successor = NULL", "SET successor = successor"],
      ["tokens are not used up", "SET used_at = clock_timestamp(), successor", "SET used_at = NULL, successor"]
    ]
  },
  {
    file: "packages/server/src/auth/sessions/Sessions.ts",
    tests: [...refresh, "packages/server/test/auth/Passwords.test.ts", ...revocation],
    changes: [
      ["deactivated accounts log in", "WHERE u.id = ${user.id} AND u.active AND", "WHERE u.id = ${user.id} AND"],
      ["a password changed meanwhile still logs in", "AND u.password_hash = ${passwordHash} FOR SHARE", "FOR SHARE"],
      [
        "ended sessions keep their access tokens",
        "revoked.revoke(rows.map(({ id }) => id))",
        "revoked.revoke(rows.map(({ id }) => id).slice(1))"
      ],
      ["a password change ends the current session too", "AND id <> ${except}`", "`"],
      ["reuse ends no session", 'rotation._tag === "TokenReused"', 'rotation._tag === "Refused"']
    ]
  },
  {
    file: "packages/server/src/auth/sessions/RefreshCookie.ts",
    tests: refresh,
    changes: [
      ["scripts read the cookie", "httpOnly: true", "httpOnly: false"],
      ["lax cookies", 'sameSite: "strict"', 'sameSite: "lax"'],
      ["the cookie outlives the session", "expires: DateTime.toDateUtc(expires)", "expires: new Date(4e12)"]
    ]
  },
  {
    file: "packages/server/src/auth/tokens/AccessTokens.ts",
    tests: [
      "packages/server/test/auth/tokens/AccessTokens.test.ts",
      "packages/server/test/auth/tokens/AccessTokenExpiry.test.ts",
      "packages/server/test/auth/tokens/RetiredKeys.test.ts",
      ...revocation
    ],
    changes: [
      ["any type of token", "typ: type, issuer: name", "issuer: name"],
      ["any issuer", "issuer: name, audience: name }", "audience: name }"],
      ["any audience", "issuer: name, audience: name }", "issuer: name }"],
      ["a cached token outlives its key", "|| (yield* keys.find(kid)) === undefined", ""],
      ["a cached token outlives its time", "now >= expiresAtMillis ||", ""],
      ["one more second", "now >= expiresAtMillis ||", "now >= expiresAtMillis + 1000 ||"],
      ["revoked sessions go on", "if (isExpired || (yield* revoked.has(claims.sid, issuedAt)))", "if (isExpired)"]
    ]
  },
  {
    file: "packages/server/src/auth/tokens/RevokedSessions.ts",
    tests: [...revocation, "packages/server/test/auth/tokens/RevokedSessions.test.ts"],
    changes: [
      [
        "tokens are accepted without the link",
        "if (downSince !== undefined &&",
        "if (downSince !== undefined && downSince < 0 &&"
      ],
      ["no reload after the link was lost", "yield* reload\n          downSince", "downSince"],
      ["other instances are not told", "yield* orDefect(pg`SELECT pg_notify", "yield* orDefect(pg`SELECT concat"],
      ["this instance waits for the link", "yield* pg.afterCommit(add(ids))", "yield* pg.afterCommit(Effect.void)"],
      ["a rollback revokes", "yield* pg.afterCommit(add(ids))", "yield* add(ids)"]
    ],
    explained: {
      "this instance waits for the link":
        "the announcement comes back over the link within milliseconds, and no test can tell that from at once"
    }
  },
  {
    file: "packages/server/src/auth/tokens/RevocationSet.ts",
    tests: revocation,
    changes: [
      ["an overflow forgets", "this.#revokedUntil = now", "this.#revokedUntil = 0"],
      ["ids are forgotten early", "if (at > now - retentionMillis) break", "if (at > now - retentionMillis / 2) break"],
      ["one id too many", "<= this.#capacity) return", "<= this.#capacity + 1) return"]
    ]
  },
  {
    file: "packages/server/src/auth/tokens/TokenKeys.ts",
    tests: [
      "packages/server/test/auth/tokens/TokenKeys.test.ts",
      "packages/server/test/auth/tokens/RetiredKeys.test.ts"
    ],
    changes: [
      [
        "a new key signs at once",
        "now < newest.createdAt + signingDelay ? previous : newest",
        "now < newest.createdAt ? previous : newest"
      ],
      [
        "the previous key verifies for ever",
        "newest.createdAt + overlap ? previous.key",
        "Number.POSITIVE_INFINITY ? previous.key"
      ],
      ["three keys are valid", "ORDER BY created_at DESC LIMIT 2", "ORDER BY created_at ASC LIMIT 2"],
      ["rotations are not recorded", 'action: "keys_rotated"', 'action: "login"']
    ]
  },
  {
    file: "packages/server/src/auth/tokens/Seal.ts",
    tests: ["packages/server/test/auth/tokens/Seal.test.ts"],
    changes: [
      ["a seal for one purpose opens for another", "`kite ${purpose}`", "`kite`"],
      ["one nonce for all", "const nonce = randomBytes(nonceBytes)", "const nonce = Buffer.alloc(nonceBytes)"]
    ]
  },
  {
    file: "packages/server/src/auth/tokens/BoundedCache.ts",
    tests: ["packages/server/test/auth/tokens/BoundedCache.test.ts"],
    changes: [["the cache grows", "<= this.#capacity) return", "<= this.#capacity * 2) return"]]
  },
  {
    file: "packages/server/src/auth/Passwords.ts",
    tests: ["packages/server/test/auth/Passwords.test.ts", "packages/server/test/auth/WrongCurrentPassword.test.ts"],
    changes: [
      ["deactivated accounts authenticate", "matches && account.active) return account", "matches) return account"],
      ["a change leaves reset links", "yield* resets.removeAll(id)", "yield* resets.find"],
      ["a change leaves other sessions", "yield* sessions.endAll(id, sessionId)", "yield* Effect.void"],
      ["a wrong current password is not audited", '"password_change_failed", id)', '"login_failed", id)'],
      [
        "deactivated accounts get reset mails",
        "Option.isNone(account) || !account.value.active",
        "Option.isNone(account)"
      ],
      ["a reset leaves the sessions", "yield* sessions.endAll(id)\n", "yield* Effect.void\n"],
      [
        "nobody is told of a change",
        "yield* mails.offer(Effect.succeedSome(passwordChangedMail(account.user.email)))",
        "yield* Effect.void"
      ],
      ["weak passwords by reset", "yield* checkPassword(next, email)", "yield* Effect.void"]
    ]
  },
  {
    file: "packages/server/src/auth/passwords/PasswordResets.ts",
    tests: [
      "packages/server/test/auth/Passwords.test.ts",
      "packages/server/test/auth/passwords/PasswordResets.test.ts"
    ],
    changes: [
      ["four mails an hour", "const maxPerHour = 3", "const maxPerHour = 4"],
      ["links for two hours", "${userId}, now() + interval '1 hour'", "${userId}, now() + interval '2 hours'"],
      [
        "expired links are used",
        "DELETE FROM password_resets WHERE hash = ${hashOf(token)} AND expires_at > now() RETURNING",
        "DELETE FROM password_resets WHERE hash = ${hashOf(token)} RETURNING"
      ],
      [
        "older links stay valid",
        "if (Option.isSome(row)) yield* removeAll(row.value.userId)",
        "if (Option.isNone(row)) yield* Effect.void"
      ],
      ["two requests at once", "FOR NO KEY UPDATE", ""]
    ],
    explained: { "expired links are used": "`find` refuses the same link a moment earlier, in the same request" }
  },
  {
    file: "packages/server/src/auth/passwords/PasswordHasher.ts",
    tests: ["packages/server/test/auth/passwords/PasswordHasher.test.ts"],
    changes: [
      ["the dummy's password logs in", "matches && stored !== undefined", "matches || stored === undefined"],
      ["less memory", "memoryCost: 19456", "memoryCost: 9728"],
      ["waiting without a bound", "const capacity = 256", "const capacity = 100_000"]
    ]
  },
  {
    file: "packages/server/src/auth/passwords/CommonPasswords.ts",
    tests: ["packages/server/test/auth/passwords/CommonPasswords.test.ts"],
    changes: [
      ["no leet", "[lower, withoutLeet(lower)]", "[lower]"],
      ["no pairs", "isDecorated(unit) || isPair(unit)", "isDecorated(unit)"],
      ["three characters around", "const decoration = 4", "const decoration = 3"],
      ["upper case passes", "password.toLowerCase()", "password"]
    ]
  },
  {
    file: "packages/server/src/auth/devices/DeviceCookies.ts",
    tests: ["packages/server/test/auth/devices/DeviceCookies.test.ts", "packages/server/test/auth/LockOut.test.ts"],
    changes: [
      ["a cookie works for every account", "update(`${device} ${email}`)", "update(`${device}`)"],
      ["scripts read the device cookie", "httpOnly: true", "httpOnly: false"],
      ["the device cookie goes everywhere", 'path: "/api/auth/login"', 'path: "/"'],
      ["nine accounts", "const maxAccounts = 8", "const maxAccounts = 9"],
      [
        "any signature will do",
        "given.signatures.some((other) => isSame(other, signature))",
        "given.signatures.length > 0"
      ]
    ]
  }
]
