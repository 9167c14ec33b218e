-- The order of callbacks, their leases and the bell. SQL is the truth; everything here can be built again from it.
--
-- KEYS[1] is the prefix `cb:{tenant}`; the braces keep all keys of a tenant in one slot of a cluster. Under it:
--
--   :queues        set         names of queues that have had a ready set
--   :ready:QUEUE   sorted set  id -> earliest open due moment, ms
--   :wait          sorted set  id -> not before, ms (+inf: somebody must find a number first)
--   :lease         sorted set  id -> end of lease, ms of this server's TIME: one clock for all
--   :warn          sorted set  id|due|soon -> moment of the warning, ms
--   :item:ID       hash        version place queue due not_before language holder nonce (version alone for an hour when final)
--   :events        stream      the bell: id version state queue
--   :epoch         string      absent, or not the one in SQL: the index is not to be trusted
--   :rebuild       string      whoever rebuilds it just now
--
-- ARGV[1] is the command:
--
--   upsert MODE NOW (ID VERSION PLACE STATE QUEUE DUE NOT_BEFORE LEASE_LEFT LANGUAGE HOLDER NONCE)*  -> number taken
--       MODE news: newer versions only, with the bell. quiet: the same without the bell. force: the same version too.
--            truth: whatever version the index knows, and wherever else it stands.
--       PLACE ready, wait, lease or gone. LEASE_LEFT in ms from now.
--   claim EPOCH LEASE HOLDER NONCE QUEUE*     -> {"untrusted"}, {"none"} or {"taken", id, version}; no QUEUE: all of them
--   claim_id EPOCH LEASE HOLDER NONCE ID      -> the same
--   renew ID NONCE LEASE                      -> 1, or 0 when the lease is not this nonce's
--   release ID NONCE                          -> 1 and back to its place by due moment, or 0
--   promote NOW LIMIT                         -> ids whose time to wait is over, now ready
--   expired LIMIT                             -> ids whose lease is over; moves nothing, SQL decides
--   entries ID*                               -> a line for each: version, place, queue, score there, nonce, with tabs between
--   members PLACE CURSOR COUNT                -> {next cursor, about so many ids of ready:QUEUE, wait or lease, a line each}
--   due_warnings NOW LIMIT                    -> ids that are due soon; each is told once

local base = KEYS[1]
local command = ARGV[1]
local WAIT, LEASE, WARN = base .. ':wait', base .. ':lease', base .. ':warn'
local EVENTS, EPOCH, QUEUES = base .. ':events', base .. ':epoch', base .. ':queues'

local WARN_BEFORE_MS = 15 * 60 * 1000
local EVENTS_KEPT = 10000
local TOMBSTONE_SECONDS = 3600
-- Another sweeper that looks within this time does not see the same leases.
local SWEEP_PAUSE_MS = 5000

local function item_key(id) return base .. ':item:' .. id end
local function ready_key(queue) return base .. ':ready:' .. queue end

local function server_ms()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Lua's own tostring writes 1.7e+12 for a moment in ms.
local function whole(number) return string.format('%.0f', number) end

local function take_out(id, queue)
  if queue then redis.call('ZREM', ready_key(queue), id) end
  redis.call('ZREM', WAIT, id)
  redis.call('ZREM', LEASE, id)
  redis.call('ZREM', WARN, id .. '|due|soon')
end

local function ring(id, version, state, queue)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', EVENTS_KEPT, '*', 'id', id, 'version', version, 'state', state, 'queue', queue)
end

local function upsert()
  local mode, now, taken = ARGV[2], tonumber(ARGV[3]), 0
  local server_now = server_ms()
  for first = 4, #ARGV, 11 do
    local id, version, place, state, queue = ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4]
    local due, not_before, lease_left = ARGV[first + 5], ARGV[first + 6], tonumber(ARGV[first + 7])
    local known = redis.call('HMGET', item_key(id), 'version', 'queue')
    local newer = not known[1] or tonumber(version) > tonumber(known[1])
    if newer or mode == 'truth' or (mode == 'force' and tonumber(version) == tonumber(known[1])) then
      take_out(id, known[2])
      if mode == 'truth' then
        for _, other in ipairs(redis.call('SMEMBERS', QUEUES)) do redis.call('ZREM', ready_key(other), id) end
      end
      redis.call('DEL', item_key(id))
      if place == 'gone' then
        redis.call('HSET', item_key(id), 'version', version)
        redis.call('EXPIRE', item_key(id), TOMBSTONE_SECONDS)
      else
        redis.call('HSET', item_key(id), 'version', version, 'place', place, 'queue', queue, 'due', due,
          'not_before', not_before, 'language', ARGV[first + 8], 'holder', ARGV[first + 9], 'nonce', ARGV[first + 10])
        redis.call('SADD', QUEUES, queue)
        if place == 'ready' then
          redis.call('ZADD', ready_key(queue), due, id)
        elseif place == 'wait' then
          redis.call('ZADD', WAIT, not_before, id)
        else
          redis.call('ZADD', LEASE, whole(server_now + lease_left), id)
        end
        local warn_at = tonumber(due) - WARN_BEFORE_MS
        if warn_at > now then redis.call('ZADD', WARN, whole(warn_at), id .. '|due|soon') end
      end
      if newer and mode ~= 'quiet' then ring(id, version, state, queue) end
      taken = taken + 1
    end
  end
  return taken
end

local function reserve(id, queue, holder, nonce)
  redis.call('ZREM', ready_key(queue), id)
  redis.call('ZADD', LEASE, whole(server_ms() + tonumber(ARGV[3])), id)
  redis.call('HSET', item_key(id), 'place', 'lease', 'holder', holder, 'nonce', nonce)
  return redis.call('HGET', item_key(id), 'version') or '0'
end

local function head(queue)
  local found = redis.call('ZRANGE', ready_key(queue), 0, 0, 'WITHSCORES')
  return found[1], tonumber(found[2])
end

local function earliest(queues)
  local best_id, best_due, best_queue
  for _, queue in ipairs(queues) do
    local id, due = head(queue)
    if id and (not best_due or due < best_due or (due == best_due and id < best_id)) then
      best_id, best_due, best_queue = id, due, queue
    end
  end
  return best_id, best_queue
end

local function claim()
  if redis.call('GET', EPOCH) ~= ARGV[2] then return {'untrusted'} end
  local queues = {}
  for position = 6, #ARGV do queues[#queues + 1] = ARGV[position] end
  if #queues == 0 then queues = redis.call('SMEMBERS', QUEUES) end
  local id, queue = earliest(queues)
  if not id then return {'none'} end
  return {'taken', id, reserve(id, queue, ARGV[4], ARGV[5])}
end

local function claim_id()
  if redis.call('GET', EPOCH) ~= ARGV[2] then return {'untrusted'} end
  local id = ARGV[6]
  local known = redis.call('HMGET', item_key(id), 'place', 'queue')
  if known[1] ~= 'ready' then return {'none'} end
  return {'taken', id, reserve(id, known[2], ARGV[4], ARGV[5])}
end

local function renew()
  local id, nonce, lease_ms = ARGV[2], ARGV[3], tonumber(ARGV[4])
  if redis.call('HGET', item_key(id), 'nonce') ~= nonce then return 0 end
  if not redis.call('ZSCORE', LEASE, id) then return 0 end
  redis.call('ZADD', LEASE, whole(server_ms() + lease_ms), id)
  return 1
end

local function release()
  local id, nonce = ARGV[2], ARGV[3]
  local known = redis.call('HMGET', item_key(id), 'nonce', 'queue', 'due', 'place')
  if known[1] ~= nonce or known[4] ~= 'lease' then return 0 end
  redis.call('ZREM', LEASE, id)
  redis.call('ZADD', ready_key(known[2]), known[3], id)
  redis.call('HSET', item_key(id), 'place', 'ready', 'holder', '', 'nonce', '')
  return 1
end

local function promote()
  local ids = redis.call('ZRANGEBYSCORE', WAIT, '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
  for _, id in ipairs(ids) do
    local known = redis.call('HMGET', item_key(id), 'queue', 'due')
    redis.call('ZREM', WAIT, id)
    if known[1] then
      redis.call('ZADD', ready_key(known[1]), known[2], id)
      redis.call('HSET', item_key(id), 'place', 'ready', 'not_before', '')
    end
  end
  return ids
end

local function expired()
  local now = server_ms()
  local ids = redis.call('ZRANGEBYSCORE', LEASE, '-inf', whole(now), 'LIMIT', 0, ARGV[2])
  for _, id in ipairs(ids) do redis.call('ZADD', LEASE, whole(now + SWEEP_PAUSE_MS), id) end
  return ids
end

local function entries()
  local all = {}
  for position = 2, #ARGV do
    local id = ARGV[position]
    local known = redis.call('HMGET', item_key(id), 'version', 'place', 'queue', 'nonce')
    local place = known[2] == 'ready' and ready_key(known[3]) or known[2] and base .. ':' .. known[2]
    local score = place and redis.call('ZSCORE', place, id)
    local fields = {known[1] or '', known[2] or '', known[3] or '', score or '', known[4] or ''}
    all[#all + 1] = table.concat(fields, '\t')
  end
  return table.concat(all, '\n')
end

local function members()
  local page, ids = redis.call('ZSCAN', base .. ':' .. ARGV[2], ARGV[3], 'COUNT', ARGV[4]), {}
  for position = 1, #page[2], 2 do ids[#ids + 1] = page[2][position] end
  return {page[1], table.concat(ids, '\n')}
end

local function due_warnings()
  local members = redis.call('ZRANGEBYSCORE', WARN, '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
  local ids = {}
  for _, member in ipairs(members) do
    redis.call('ZREM', WARN, member)
    local id = string.match(member, '^(.-)|')
    local known = redis.call('HMGET', item_key(id), 'version', 'queue')
    if known[2] then
      ids[#ids + 1] = id
      ring(id, known[1], 'due_soon', known[2])
    end
  end
  return ids
end

local commands = {
  upsert = upsert, claim = claim, claim_id = claim_id, renew = renew, release = release,
  promote = promote, expired = expired, entries = entries, members = members, due_warnings = due_warnings,
}
if not commands[command] then return redis.error_reply('ERR queue.lua has no command ' .. tostring(command)) end
return commands[command]()
