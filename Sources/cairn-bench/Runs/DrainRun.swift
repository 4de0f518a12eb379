import Reactor

/// A backlog that one worker works off as fast as it can.
@Reactor
struct DrainRun {
    let plan: RunPlan
    let records: Int

    private static let lingerMs = 50
    /// Records in one go of the producer.
    private static let chunk = 10_000
    /// How often the page is looked at: until the first record, and then until the end. Each look costs the worker
    /// about a fifth of a millisecond.
    private static let firstEveryMs: Int64 = 5
    private static let lastEveryMs: Int64 = 20

    /// - Throws: `BenchFailure`, and what the parts throw.
    func run(on stage: BenchStage) async throws -> RunResult {
        let sender = try ScanSender(
            plan.makeTrace(), seed: plan.seed, brokers: stage.stack.brokers, lingerMs: Self.lingerMs)
        while sender.sent < records {
            if sender.send(min(Self.chunk, records - sender.sent)) < Self.chunk { await Reactor.pause(ms: 1) }
            await Task.yield()
        }
        try await sender.finish()

        let worker = try await stage.startWorker()
        // The clock runs from the last look at which no record was taken yet: not from the start of the process, since
        // the test broker's group join alone takes seconds.
        var cpuBefore = CPUSeconds()
        var cpuNow = CPUSeconds()
        let first = try await worker.look(everyMs: Self.firstEveryMs, for: "first record") {
            cpuBefore = cpuNow
            cpuNow = await stage.usage(of: worker)
        } until: {
            !$0.isUntouched
        }
        let last = try await worker.look(everyMs: Self.lastEveryMs, for: "end") { $0.holds(sender.nextOffsets) }
        let cpu = await stage.usage(of: worker) - cpuBefore
        let peakMemory = worker.peakMemory
        let keys = try await ExactnessCheck(
            stage: stage, oracle: sender.trace.oracle, mayKeysLag: last.page.hotLost > 0
        ).run()
        try await worker.stop()
        var result = RunResult(
            plan, scans: records, seconds: Double(last.atNs - first.beforeNs) / 1e9,
            startUpSeconds: Double(first.beforeNs - worker.startedNs) / 1e9, cpu: cpu, peakMemory: peakMemory,
            keysCompared: keys)
        result.setFlushes(from: first.before, to: last.page)
        return result
    }
}
