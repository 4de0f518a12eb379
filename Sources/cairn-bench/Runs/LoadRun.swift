import Reactor

/// Records that come by the clock, and how long each takes until Redis shows it.
@Reactor
struct LoadRun {
    let plan: RunPlan
    let profile: LoadProfile
    let seconds: Int

    private static let lingerMs = 5
    private static let probeDeadlineMs: Int64 = 30_000
    private static let joinedEveryMs: Int64 = 20
    private static let settledEveryMs: Int64 = 10

    /// - Throws: `BenchFailure`, and what the parts throw.
    func run(on stage: BenchStage) async throws -> RunResult {
        let worker = try await stage.startWorker()
        let joined = try await worker.look(everyMs: Self.joinedEveryMs, for: "partitions") {
            $0.committed.count == BenchStage.partitions
        }
        let sender = try ScanSender(
            plan.makeTrace(), seed: plan.seed, brokers: stage.stack.brokers, lingerMs: Self.lingerMs)
        let load = PacedLoad(profile, sender, seconds: seconds)
        let probes = try await ProbeWatch(redisURL: stage.stack.redisURL)
        watch(sender, load, probes)
        let floor = try FloorReader(brokers: stage.stack.brokers, load)
        load.start()

        while sender.sent < profile.warmUpRecords { await Reactor.pause(ms: 1) }
        let warmedUp = sender.sent
        let cpuBefore = await stage.usage(of: worker)
        let pageBefore = try await worker.page()
        while !load.isDone {
            if !worker.process.isRunning { _ = try await worker.page() }
            await Reactor.pause(ms: 5)
        }
        try await sender.finish()
        let last = try await worker.look(everyMs: Self.settledEveryMs, for: "end") { $0.holds(sender.nextOffsets) }
        let cpu = await stage.usage(of: worker) - cpuBefore
        try await probes.finish(timeoutMs: Self.probeDeadlineMs)
        await floor.close()
        let peakMemory = worker.peakMemory
        let keys = try await ExactnessCheck(
            stage: stage, oracle: sender.trace.oracle, mayKeysLag: last.page.hotLost > 0
        ).run()
        try await worker.stop()

        let measuredFromNs = load.dueNs(ofRecord: warmedUp)
        var result = RunResult(
            plan, scans: sender.sent - warmedUp, seconds: Double(last.atNs - measuredFromNs) / 1e9,
            startUpSeconds: Double(joined.atNs - worker.startedNs) / 1e9, cpu: cpu, peakMemory: peakMemory,
            keysCompared: keys)
        result.setFlushes(from: pageBefore, to: last.page)
        result.load = try figures(load, probes, floor, settledNs: last.atNs - load.lastDueNs)
        return result
    }

    /// Every so many first scans become a probe.
    private func watch(_ sender: ScanSender, _ load: PacedLoad, _ probes: ProbeWatch) {
        let spacing = profile.probeSpacing(firstsPerMille: plan.mix.firstsPerMille)
        var firsts = 0
        sender.onSent = { scan in
            guard case .first(_, let unlocks) = scan.content, load.isMeasured(scan.number) else { return }
            firsts += 1
            if firsts % spacing == 0 {
                probes.add(player: scan.player, unlocks: unlocks, dueNs: load.dueNs(ofRecord: scan.number))
            }
        }
    }

    private func figures(
        _ load: PacedLoad, _ probes: ProbeWatch, _ floor: FloorReader, settledNs: Int64
    ) throws(BenchFailure) -> RunResult.LoadFigures {
        guard let latency = probes.latency.quantiles, let floor = floor.latency.quantiles,
            let lateness = load.lateness.quantiles
        else { throw .failed("too few records to measure a latency: measure for longer") }
        return RunResult.LoadFigures(
            latency: latency, floor: floor, lateness: lateness, settledSeconds: Double(settledNs) / 1e9)
    }
}
