import Reactor

/// Records by the clock while workers come and go, for as long as it takes to see a leak.
@Reactor
final class SoakRun {
    private let options: SoakOptions
    private let stage: BenchStage
    private let program: CairnProgram
    private let fleet: SoakFleet
    private let sender: ScanSender
    private let load: PacedLoad
    private let startedMs = Clock.monotonicMs()
    private var committed = 0
    private var nextSampleMs: Int64 = 0
    private var nextChangeMs: Int64 = 0
    private var nextWordMs: Int64 = 0

    private static let lookEveryMs: Int64 = 100
    private static let sampleEveryMs: Int64 = 2_000
    private static let wordEveryMs: Int64 = 60_000
    private static let quietWithinMs: Int64 = 180_000
    /// Few, large requests. The test broker (tansu 0.6) looks through all requests that it holds behind a reader's place:
    /// with one request for every 50 ms, readers that were a minute late waited seconds for each fetch, fell back further
    /// and never came back.
    private static let lingerMs = 1_000

    /// - Throws: what the parts throw.
    init(_ options: SoakOptions, _ program: CairnProgram, on stage: BenchStage) async throws {
        self.options = options
        self.stage = stage
        self.program = program
        fleet = try await SoakFleet(program, on: stage)
        let trace = ScanTrace(.repeats, players: options.players, exponent: options.zipf, seed: options.seed)
        sender = try ScanSender(trace, seed: options.seed, brokers: stage.stack.brokers, lingerMs: Self.lingerMs)
        load = PacedLoad(.steady(rate: options.rate), sender, seconds: options.seconds)
    }

    var figures: SoakFigures { fleet.figures }

    /// Soaks, then compares everything with the oracle. The figures stand whether or not it throws.
    ///
    /// - Throws: `BenchFailure`, and what the parts throw.
    func run() async throws {
        load.start()
        nextChangeMs = startedMs + options.changeEveryMs
        while !load.isDone {
            try await look()
            if Clock.monotonicMs() >= nextChangeMs, try await isSettled() {
                nextChangeMs = Clock.monotonicMs() + options.changeEveryMs
                try await fleet.change()
            }
        }
        try await sender.finish()
        BenchSession.say("all is sent; waiting until everything is committed and published")
        try await becomeQuiet()
        BenchSession.say("comparing")
        _ = try await ExactnessCheck(
            stage: stage, program: program, oracle: sender.trace.oracle, mayKeysLag: false
        ).run()
        try await fleet.stop()
    }

    private func look() async throws {
        await Reactor.pause(ms: Self.lookEveryMs)
        try await fleet.look()
        let now = Clock.monotonicMs()
        let minute = Double(now - startedMs) / 60_000
        if now >= nextSampleMs {
            nextSampleMs = now + Self.sampleEveryMs
            committed = try await committedCount()
            await fleet.sample(atMinute: minute, lag: max(0, sender.sent - committed))
        }
        if now >= nextWordMs {
            nextWordMs = now + Self.wordEveryMs
            let memory = (fleet.figures.memory.last / 1_048_576).formatted(1)
            BenchSession.say(
                """
                minute \(minute.formatted(0)): \(sender.sent) sent, \(committed) committed, \(fleet.running) workers \
                (\(fleet.started) started so far), the lasting one holds \(memory) MiB
                """)
        }
    }

    /// Whether the group has met since the last change: every running worker holds leases, and nobody else does.
    ///
    /// A change waits for it. The test broker (tansu 0.6) keeps a member that leaves while the group meets as the group's
    /// leader, and then no other meeting ever ends.
    private func isSettled() async throws -> Bool {
        let rows = try await stage.query("select distinct owner from cairn.partition_lease")
        return fleet.areExactly((0..<rows.count).map { rows.text($0, 0) })
    }

    private func committedCount() async throws -> Int {
        let rows = try await stage.query("select coalesce(sum(next_offset), 0)::bigint from cairn.partition_lease")
        return Int(rows.int64(0, 0))
    }

    private func becomeQuiet() async throws {
        let deadline = Clock.monotonicMs() + Self.quietWithinMs
        while true {
            let rows = try await stage.query(
                "select partition, next_offset, published_offset from cairn.partition_lease")
            var published: [Int32: Int64] = [:]
            for row in 0..<rows.count where rows.int64(row, 1) == rows.int64(row, 2) {
                published[rows.int32(row, 0)] = rows.int64(row, 1)
            }
            if published == sender.nextOffsets { return }
            if Clock.monotonicMs() > deadline {
                throw BenchFailure.inexact(
                    "committed and published is \(published), not \(sender.nextOffsets), \(Self.quietWithinMs) ms on")
            }
            try await look()
        }
    }
}
