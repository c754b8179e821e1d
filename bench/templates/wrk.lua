-- Draws from the paths in the file BENCH_PATHS at random; prints its figures as JSON.
local requests, number = {}, 0

function init(args)
  wrk.headers["Accept-Encoding"] = os.getenv("BENCH_ENCODING")
  math.randomseed(tonumber(os.getenv("BENCH_SEED")))
  for path in io.lines(os.getenv("BENCH_PATHS")) do
    number = number + 1
    requests[number] = wrk.format("GET", path)
  end
end

function request()
  if number == 1 then return requests[1] end
  return requests[math.random(number)]
end

function done(summary, latency, all)
  local e = summary.errors
  io.write(string.format('BENCH{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
