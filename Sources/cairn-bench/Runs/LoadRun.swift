import Reactor

/// Records that come by the clock, and how long each takes until Redis shows it.
@Reactor
struct LoadRun {
    let plan: RunPlan
    let profile: LoadProfile
    let seconds: Int
    var workers = 1

    private static let lingerMs = 5
    private static let probeDeadlineMs: Int64 = 30_000

    /// - Throws: `BenchFailure`, and what the parts throw.
    func run(on stage: BenchStage) async throws -> RunResult {
        let workers = try await plan.contender.startWorkers(workers, on: stage)
        let sender = try ScanSender(
            plan.makeTrace(), seed: plan.seed, brokers: stage.stack.brokers, lingerMs: Self.lingerMs)
        try await workers.join(sender)
        let joinedNs = Clock.monotonicNs()
        let load = PacedLoad(profile, sender, seconds: seconds)
        let probes = try await ProbeWatch(workers.scoreKeys, redisURL: stage.stack.redisURL)
        watch(sender, load, probes)
        let floor = try FloorReader(brokers: stage.stack.brokers, load)
        load.start()

        while !load.isMeasured(sender.sent) { await Reactor.pause(ms: 1) }
        let warmedUp = sender.sent
        let cpuBefore = await stage.usage(of: workers)
        try await workers.beginCounting()
        while !load.isDone {
            try workers.checkRunning()
            await Reactor.pause(ms: 5)
        }
        try await sender.finish()
        let lastNs = try await workers.awaitEnd(of: sender)
        let cpu = await stage.usage(of: workers) - cpuBefore
        try await probes.finish(timeoutMs: Self.probeDeadlineMs)
        await floor.close()
        let peakMemory = workers.peakMemory
        let keys = try await workers.checkExactness(sender.trace.oracle)
        try await workers.stop()

        var result = RunResult(
            plan, scans: sender.sent - warmedUp, seconds: Double(lastNs - load.dueNs(ofRecord: warmedUp)) / 1e9,
            startUpSeconds: Double(joinedNs - workers.startedNs) / 1e9, cpu: cpu, peakMemory: peakMemory,
            keysCompared: keys)
        workers.complete(&result)
        result.load = try figures(load, probes, floor, settledNs: lastNs - load.lastDueNs)
        return result
    }

    /// Every so many first scans become a probe.
    private func watch(_ sender: ScanSender, _ load: PacedLoad, _ probes: ProbeWatch) {
        let spacing = profile.probeSpacing(firstsPerMille: plan.mix.firstsPerMille)
        var firsts = 0
        sender.onSent = { [unowned sender] scan in
            guard case .first = scan.content, load.isMeasured(scan.number) else { return }
            firsts += 1
            if firsts % spacing == 0 {
                let score = sender.trace.oracle.standings[scan.player].score
                probes.add(player: scan.player, score: score, dueNs: load.dueNs(ofRecord: scan.number))
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
