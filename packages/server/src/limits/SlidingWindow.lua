-- The exact sliding window (packages/domain/src/limits/SlidingWindow.ts) in Redis: one round trip for all charges of a request,
-- and for all requests that arrive together.
--
-- KEYS: for each charge, a list of admission times in ms, the newest last, one entry per admitted unit.
-- ARGV: for each charge, its limit, its window in ms, its cost, and 1 at the last charge of a request.
-- Returns for each charge: allowed (0 or 1), units available, retry-after in ms, reset in ms, and its time in ms, which is the entry
-- of each unit: to give a unit back, remove that entry.
--
-- The script first reads all keys of a request, and writes to them only if every policy admits it, so that a refusal costs nothing.
-- A refusal evicts nothing either: the newest entry holds the time when the server's clock steps back.
--
-- A key must live for its window after its last admission. To save a PEXPIRE on every call, its expiry is renewed once in a quarter
-- of the window and set a quarter longer.
local call, floor = redis.call, math.floor
local time = call('TIME')
local clock = time[1] * 1000 + floor(time[2] / 1000)
local reply, nows, newests, deads = {}, {}, {}, {}
local first, admitted = 1, true
for last = 1, #KEYS do
  local key, at, out = KEYS[last], 4 * last, 5 * last
  local limit, window, cost = tonumber(ARGV[at - 3]), tonumber(ARGV[at - 2]), tonumber(ARGV[at - 1])
  local now, live, dead, reset, retry, newest = clock, 0, 0, 0, 0, call('LINDEX', key, -1)
  if newest then
    newest = tonumber(newest)
    if newest > now then now = newest end
    local length, oldest, bound = call('LLEN', key), tonumber(call('LINDEX', key, 0)), now - window
    if oldest <= bound then
      local high = length
      dead = 1
      while dead < high do
        local middle = floor((dead + high) / 2)
        if tonumber(call('LINDEX', key, middle)) <= bound then dead = middle + 1 else high = middle end
      end
      oldest = dead < length and tonumber(call('LINDEX', key, dead))
    end
    live = length - dead
    if live > 0 then reset = oldest + window - now end
  end
  local allowed = live + cost <= limit
  if not allowed then
    admitted = false
    retry = cost > limit and window or call('LINDEX', key, cost - limit - 1) + window - now
  end
  reply[out - 4] = allowed and 1 or 0
  reply[out - 3] = live < limit and limit - live or 0
  reply[out - 2] = retry
  reply[out - 1] = reset
  reply[out] = now
  nows[last], newests[last], deads[last] = now, newest, dead
  if ARGV[at] == '1' then
    for i = first, admitted and last or 0 do
      local key, now, newest, window = KEYS[i], nows[i], newests[i], tonumber(ARGV[4 * i - 2])
      local entry, step = string.format('%.0f', now), floor(window / 4)
      for unit = 1, tonumber(ARGV[4 * i - 1]) do call('RPUSH', key, entry) end
      if deads[i] > 0 then call('LTRIM', key, deads[i], -1) end
      if not newest or floor(now / step) ~= floor(newest / step) then call('PEXPIRE', key, window + step) end
    end
    first, admitted = last + 1, true
  end
end
return reply
