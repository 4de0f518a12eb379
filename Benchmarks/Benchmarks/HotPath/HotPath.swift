import Benchmark

/// What every scan costs, stage by stage, and what ranking costs. A sample is a batch of `SampleScans.batch` scans, or of
/// as many moves or ranks, so that times and instructions are per thousand. Machines without counters of instructions leave those out.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .instructions], timeUnits: .microseconds,
        warmupIterations: 20, maxDuration: .seconds(3), maxIterations: 20_000)
    addDecodeBenchmarks()
    addScoreBenchmarks()
    addStateBenchmarks()
    addFlushBenchmarks()
    addRankBenchmarks()
}
