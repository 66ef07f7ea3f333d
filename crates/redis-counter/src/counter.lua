-- The sliding window of `auth_domain::limits`, in one step and by one clock for all servers.
--
-- KEYS[1]  what is counted
-- ARGV     what to do, the window in milliseconds, the burst, and the time for tests
--
-- Answers 0, or for `count` the milliseconds until it is allowed, or for `knows` 1.

local key, what = KEYS[1], ARGV[1]
local window, burst, now = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local stored = redis.call('HMGET', key, 'index', 'current', 'previous')
local index = tonumber(stored[1] or 0)
local current = tonumber(stored[2] or 0)
local previous = tonumber(stored[3] or 0)
local present = math.floor(now / window)
if present > index then
    previous = present == index + 1 and current or 0
    current, index = 0, present
end

if what == 'knows' then
    return (current > 0 or previous > 0) and 1 or 0
elseif what == 'take_back' then
    if current == 0 then
        return 0
    end
    current = current - 1
else
    local remaining = window - now % window
    if current >= burst then
        return remaining + 1
    end
    local counted = math.min(previous, burst)
    if math.floor(counted * remaining / window) + current >= burst then
        local enough = math.ceil((burst - current) * window / math.max(counted, 1)) - 1
        return math.max(remaining - enough, 1)
    end
    current = current + 1
end

redis.call('HSET', key, 'index', index, 'current', current, 'previous', previous)
redis.call('PEXPIRE', key, 2 * window)
return 0
