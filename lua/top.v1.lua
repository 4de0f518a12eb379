-- Writes the first 100 of a hunt, unless the key holds a page of a later moment. KEYS: the key. ARGV: the layout, the
-- page (a JSON object that begins with "as_of"), its time to live in ms. Returns 1 when it was written, 0 when the key
-- is ahead. A key or a page that begins otherwise: nothing is changed, an error.
local layout = ARGV[1]
if layout ~= '1' then
  return redis.error_reply('CAIRNLAYOUT this script writes layout 1, not ' .. layout)
end
-- One length and one zone: times compare as texts.
local head = '^{"as_of":"(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ)"'
local offered = string.match(ARGV[2], head)
if not offered then
  return redis.error_reply('CAIRNLAYOUT the page does not begin with as_of')
end
local start = redis.call('GETRANGE', KEYS[1], 0, 63)
if start ~= '' then
  local held = string.match(start, head)
  if not held then
    return redis.error_reply('CAIRNLAYOUT ' .. KEYS[1] .. ' does not begin with as_of')
  end
  if held > offered then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
