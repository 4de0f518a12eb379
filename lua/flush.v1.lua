-- Writes scores of one shard: a newer version replaces, an equal one refreshes the time to live, an older one is
-- refused. KEYS: the score keys, 1 to 500. ARGV: the layout, then for each key its value ("1 VERSION SCORE ...") and
-- its time to live in ms. Returns {applied, refreshed, stale}. A key of another layout: nothing is changed, an error.
local layout = ARGV[1]
if layout ~= '1' then
  return redis.error_reply('CAIRNLAYOUT this script writes layout 1, not ' .. layout)
end
local call, match = redis.call, string.match
local held = call('MGET', unpack(KEYS))
local versions = {}
for i = 1, #KEYS do
  if held[i] then
    local held_layout, version = match(held[i], '^(%d+) (%d+) ')
    if held_layout ~= layout then
      return redis.error_reply('CAIRNLAYOUT ' .. KEYS[i] .. ' holds layout ' .. (held_layout or 'none'))
    end
    versions[i] = tonumber(version)
  end
end
local applied, refreshed, stale = 0, 0, 0
for i = 1, #KEYS do
  local value, ttl = ARGV[2 * i], ARGV[2 * i + 1]
  -- Versions stay far below 2^53, so numbers compare exactly.
  local order = versions[i] and tonumber(match(value, '^%d+ (%d+) ')) - versions[i] or 1
  if order > 0 then
    call('SET', KEYS[i], value, 'PX', ttl)
    applied = applied + 1
  elseif order == 0 then
    call('PEXPIRE', KEYS[i], ttl)
    refreshed = refreshed + 1
  else
    stale = stale + 1
  end
end
return {applied, refreshed, stale}
