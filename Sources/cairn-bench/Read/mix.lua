-- What players ask, for wrk: 60 % their rank, 25 % the first 50, 10 % their neighbours, 5 % twenty friends.
-- Arguments: the hunt, how many players, a seed. The shares are those of ReadQuestion.swift.

local made = 100000
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

local function player(players)
   return string.format("p%06d", math.random(0, players - 1))
end

local function draw(base, players)
   local share = math.random(100)
   if share <= 60 then return wrk.format("GET", base .. "/players/" .. player(players)) end
   if share <= 85 then return wrk.format("GET", base .. "/board?limit=50") end
   if share <= 95 then return wrk.format("GET", base .. "/players/" .. player(players) .. "/around?radius=5") end
   local ids = {}
   for place = 1, 20 do ids[place] = '"' .. player(players) .. '"' end
   local body = '{"players":[' .. table.concat(ids, ",") .. "]}"
   return wrk.format("POST", base .. "/players:lookup", {["Content-Type"] = "application/json"}, body)
end

-- Requests are made beforehand, so that the client costs as little as it can.
function init(args)
   local base, players = "/v1/hunts/" .. args[1], tonumber(args[2])
   math.randomseed(tonumber(args[3]) * 64 + number)
   drawn = {}
   for place = 1, made do drawn[place] = draw(base, players) end
   place = 0
end

function request()
   place = place % made + 1
   return drawn[place]
end

-- One line for the benchmark. Times are microseconds.
function done(summary, latency)
   local errors = summary.errors
   io.write(
      string.format(
         'result {"requests":%d,"duration":%d,"p50":%d,"p99":%d,"p999":%d,"max":%d,'
            .. '"refused":%d,"failed":%d,"late":%d}\n',
         summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
         latency:percentile(99.9), latency.max, errors.status, errors.connect + errors.read + errors.write,
         errors.timeout))
end
