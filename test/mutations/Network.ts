import type { Mutated } from "./Mutation.ts"

const edge = ["packages/server/test/network/Edge.test.ts"]
const clientIp = ["packages/domain/test/network/ClientIp.test.ts", "packages/domain/test/network/ClientIpLaws.test.ts"]

/** Client addresses, origins and headers. */
export const network: ReadonlyArray<Mutated> = [
  {
    file: "packages/domain/src/network/ClientIp.ts",
    tests: clientIp,
    changes: [
      [
        "the header of an untrusted peer is believed",
        "input.forwardedFor.length === 0 || !input.trusted.has(peer)",
        "input.forwardedFor.length === 0"
      ],
      ["leftmost is the default rule", 'input.rule === "leftmost"', 'input.rule !== "rightmost"'],
      [
        "the walk goes on past an untrusted element",
        "if (!trusted.has(element)) return last",
        "if (trusted.has(element)) return last"
      ],
      [
        "a malformed element is skipped",
        "if (element === undefined) return last",
        "if (element === undefined) continue"
      ],
      ["one hop too many", "if (hops-- <= 0) return last", "if (hops-- < 0) return last"],
      ["the first line alone is read", "index = lines.length - 1; index >= 0", "index = 0; index >= 0"],
      ["leftmost reads the last line", 'const line = lines[0] ?? ""', 'const line = lines.at(-1) ?? ""']
    ]
  },
  {
    file: "packages/domain/src/network/ForwardedElement.ts",
    tests: clientIp,
    changes: [
      ["a port above 65535", "Number(text) <= 65_535", "Number(text) <= 99_999"],
      ["brackets around IPv4", 'if (!inside.includes(":") || (rest', "if ((rest"],
      ["tabs are no blanks", "code === 32 || code === 9", "code === 32"]
    ]
  },
  {
    file: "packages/domain/src/network/Ip.ts",
    tests: clientIp,
    changes: [
      ["leading zeros in IPv4", "digits === 3 || (digits === 1 && octet === 0)", "digits === 3"],
      ["octets of 256", "octet > 255", "octet > 256"],
      ["mapped addresses keep their form", "segments[5] === 0xffff ?", "segments[5] === 0xfffe ?"],
      ["two gaps in IPv6", "if (gap !== -1) return undefined", "if (gap === -2) return undefined"],
      ["zones of any characters", "if (percent !== -1 && !zonePattern", "if (percent === -2 && !zonePattern"]
    ]
  },
  {
    file: "packages/domain/src/network/TrustedProxies.ts",
    tests: ["packages/domain/test/network/TrustedProxies.test.ts", ...clientIp],
    changes: [
      [
        "10.0.0.0/8 is trusted by default",
        '"127.0.0.0/8", "172.16.0.0/12"',
        '"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12"'
      ],
      ["mapped networks are not folded", "network.prefixLength - 96", "network.prefixLength"],
      [
        "IPv6 masks are one segment short",
        "length: 8 }, (_, index) => mask(prefixLength - 16 * index",
        "length: 8 }, (_, index) => mask(prefixLength - 16 * index - 1"
      ],
      ["no warning of 0.0.0.0/0", "network.prefixLength === 0", "network.prefixLength === -1"]
    ]
  },
  {
    file: "packages/server/src/network/RequestClientIp.ts",
    tests: edge,
    changes: [
      ["another header is read", 'const name = "x-forwarded-for"', 'const name = "x-forwarded-fox"'],
      ["every peer is trusted", "return peer !== undefined && trusted.has(peer)", "return peer !== undefined"]
    ]
  },
  {
    file: "packages/server/src/http/Edge.ts",
    tests: edge,
    changes: [
      [
        "the rule is not wired in",
        "const proxies = { trusted, rule, maxHops }",
        "const proxies = { trusted, maxHops, was: rule }"
      ],
      [
        "the hops are not wired in",
        "const proxies = { trusted, rule, maxHops }",
        "const proxies = { trusted, rule, was: maxHops }"
      ],
      [
        "anybody's correlation id is taken",
        "isTrusted: (request) => isTrustedPeer(request, proxies)",
        "isTrusted: (request) => isTrustedPeer(request, proxies) || true"
      ],
      [
        "no warning of a whole family",
        "for (const family of trusted.wholeFamilies)",
        "for (const family of trusted.wholeFamilies.slice(1))"
      ]
    ]
  },
  {
    file: "packages/server/src/http/SecurityHeaders.ts",
    tests: ["packages/server/test/http/SecurityHeaders.test.ts"],
    changes: [
      ["no CORP", '"cross-origin-resource-policy": "same-origin"', '"cross-origin-resource-policy": "cross-origin"'],
      ["frames are allowed", '"x-frame-options": "DENY"', '"x-frame-options": "SAMEORIGIN"'],
      ["HSTS without TLS", 'PUBLIC_URL?.startsWith("https:")', 'PUBLIC_URL?.startsWith("http")'],
      ["responses may be cached", '"cache-control": "no-store"', '"cache-control": "private"'],
      [
        "a response's own headers are replaced",
        "{ ...defaults, ...response.headers }",
        "{ ...response.headers, ...defaults }"
      ]
    ]
  },
  {
    file: "packages/server/src/http/Cors.ts",
    tests: ["packages/server/test/http/Cors.test.ts", "packages/server/test/http/SecurityHeaders.test.ts"],
    changes: [
      [
        "every origin is allowed",
        "allowedOrigins: (origin) => origins.has(origin)",
        "allowedOrigins: (origin) => origins.size > 0 || origins.has(origin)"
      ],
      ["preflights lack the other headers", "Effect.map(allow(app), complete)", "allow(app)"],
      ["OPTIONS that are no preflight are answered", "isPreflight(request) ?", "request.url !== '' ?"]
    ]
  },
  {
    file: "packages/server/src/http/ExactPaths.ts",
    tests: ["packages/server/test/http/ExactPaths.test.ts"],
    changes: [
      ["a path ends at a semicolon", "/[;#]/.test(path)", "/[#]/.test(path)"],
      ["a slash at the end", 'path.length > 1 && path.endsWith("/")', 'path.length > 1e9 && path.endsWith("/")'],
      ["any case", "caseSensitive: true", "caseSensitive: false"],
      ["double slashes", "ignoreDuplicateSlashes: false", "ignoreDuplicateSlashes: true"],
      ["encoded letters", "name === given[index])", "name === decodeURIComponent(given[index] ?? ''))"]
    ]
  },
  {
    file: "packages/server/src/http/ConnectionLimits.ts",
    tests: ["packages/server/test/http/ConnectionLimits.test.ts"],
    changes: [
      ["one connection too many", "if (count > perAddress)", "if (count > perAddress + 1)"],
      ["closed connections count on", "?? 1) - 1", "?? 1) - 0"],
      ["no total", "server.maxConnections = total", "server.maxConnections = total + 1_000"],
      [
        "proxies have a share of their own",
        "if (ip !== undefined && trusted.has(ip)) return",
        "if (ip !== undefined && !trusted.has(ip)) return"
      ]
    ]
  },
  {
    file: "packages/server/src/auth/sessions/OriginCheck.ts",
    tests: ["packages/server/test/auth/sessions/Csrf.test.ts"],
    changes: [
      ["the port is ignored", "URL.parse(origin)?.host === host", "URL.parse(origin)?.hostname === host.split(':')[0]"],
      [
        "the request's host passes beside PUBLIC_URL",
        "(own === undefined && host !== undefined",
        "(host !== undefined"
      ],
      ["sites of the same registrable domain pass", 'site === "same-origin"', 'site !== "cross-site"'],
      ["requests without an origin refresh", 'found === "missing" ? Effect.fail(missing) : Effect.void', "Effect.void"],
      ["the CORS origins may not refresh", "[...CORS_ORIGINS, ...(own", "[...CORS_ORIGINS.slice(1), ...(own"]
    ]
  }
]
