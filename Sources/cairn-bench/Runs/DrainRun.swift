import Reactor

/// A backlog that one worker works off as fast as it can.
@Reactor
struct DrainRun {
    let plan: RunPlan
    let records: Int

    private static let lingerMs = 50
    /// Records in one go of the producer.
    private static let chunk = 10_000

    /// - Throws: `BenchFailure`, and what the parts throw.
    func run(on stage: BenchStage) async throws -> RunResult {
        let sender = try ScanSender(
            plan.makeTrace(), seed: plan.seed, brokers: stage.stack.brokers, lingerMs: Self.lingerMs)
        while sender.sent < records {
            if sender.send(min(Self.chunk, records - sender.sent)) < Self.chunk { await Reactor.pause(ms: 1) }
            await Task.yield()
        }
        try await sender.finish()

        let workers = try await plan.contender.startWorkers(1, on: stage)
        // The clock runs from the last look at which no record was taken yet: not from the start of the process, since
        // the test broker's group join alone takes seconds.
        var cpuBefore = CPUSeconds()
        var cpuNow = CPUSeconds()
        let firstNs = try await workers.awaitFirstRecord {
            cpuBefore = cpuNow
            cpuNow = await stage.usage(of: workers)
        }
        let lastNs = try await workers.awaitEnd(of: sender)
        let cpu = await stage.usage(of: workers) - cpuBefore
        let peakMemory = workers.peakMemory
        let keys = try await workers.checkExactness(sender.trace.oracle)
        try await workers.stop()
        var result = RunResult(
            plan, scans: records, seconds: Double(lastNs - firstNs) / 1e9,
            startUpSeconds: Double(firstNs - workers.startedNs) / 1e9, cpu: cpu, peakMemory: peakMemory,
            keysCompared: keys)
        workers.complete(&result)
        return result
    }
}
