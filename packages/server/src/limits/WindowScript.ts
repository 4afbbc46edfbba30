import { createHash } from "node:crypto"

/**
 * The exact sliding window (domain/limits/SlidingWindow) in Redis: one round trip for all charges of a request.
 *
 * KEYS: for each charge a list of admission times in ms, newest first, one entry per admitted unit. ARGV: limit, window in ms
 * and cost of each. First every key is read; only if all admit is any of them written, so that a refusal costs nothing.
 * Nothing is evicted on a refusal either: the newest entry holds the clock when the server's own steps back.
 * Returns for each charge: allowed (0 or 1), units available, retry-after in ms, reset in ms.
 */
export const windowScript = `
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local reply, nows, lives, stale, all = {}, {}, {}, {}, true
for i = 1, #KEYS do
  local key = KEYS[i]
  local limit, window, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local now, live, oldest = clock, 0, nil
  local newest = tonumber(redis.call('LINDEX', key, 0) or nil)
  if newest then
    if newest > now then now = newest end
    local bound = now - window
    stale[i] = true
    if newest > bound then
      live = redis.call('LLEN', key)
      oldest = tonumber(redis.call('LINDEX', key, -1))
      stale[i] = oldest <= bound
      if stale[i] then
        local low, high = 1, live - 1
        while low < high do
          local middle = math.floor((low + high) / 2)
          if tonumber(redis.call('LINDEX', key, middle)) > bound then low = middle + 1 else high = middle end
        end
        live = low
        oldest = tonumber(redis.call('LINDEX', key, live - 1))
      end
    end
  end
  local allowed, retry = live + cost <= limit, 0
  if not allowed then
    all = false
    retry = cost > limit and window or tonumber(redis.call('LINDEX', key, limit - cost)) + window - now
  end
  nows[i], lives[i] = now, live
  local at = 4 * i
  reply[at - 3] = allowed and 1 or 0
  reply[at - 2] = live < limit and limit - live or 0
  reply[at - 1] = retry
  reply[at] = live > 0 and oldest + window - now or 0
end
if all then
  for i = 1, #KEYS do
    local key, now, cost = KEYS[i], string.format('%.0f', nows[i]), tonumber(ARGV[3 * i])
    for unit = 1, cost do redis.call('LPUSH', key, now) end
    if stale[i] then redis.call('LTRIM', key, 0, lives[i] + cost - 1) end
    redis.call('PEXPIRE', key, ARGV[3 * i - 1])
  end
end
return reply
`

export const windowScriptSha = createHash("sha1").update(windowScript).digest("hex")
