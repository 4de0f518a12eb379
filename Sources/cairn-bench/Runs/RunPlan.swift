import Reactor

/// What one run does.
struct RunPlan: Sendable {
    enum Kind: Sendable, Equatable {
        /// A backlog of this many records, worked off by one worker.
        case drain(records: Int)
        /// Records as they come, for some seconds.
        case load(LoadProfile, seconds: Int)
        /// A steady load, records a second, shared by some workers of one group.
        case scale(rate: Int, seconds: Int, workers: Int)
    }

    var kind: Kind
    var mix: Mix
    /// Players, `1 ... ScanTemplate.playersMax`.
    var players: Int
    /// See `PlayerChoice`.
    var exponent: Double
    var seed: UInt64
    /// The program under test.
    var contender: any Contender

    /// How the run is called in the report.
    var name: String {
        switch kind {
        case .drain: "drain"
        case .load(.steady(let rate), _): "paced \(rate)/s"
        case .load(.bursts(let mean), _): "bursts \(mean)/s"
        case .scale(let rate, _, let workers): "scale \(rate)/s by \(workers)"
        }
    }

    func makeTrace() -> ScanTrace { ScanTrace(mix, players: players, exponent: exponent, seed: seed) }

    /// Makes the run on servers of its own.
    ///
    /// - Parameter onStage: called while they run, before anything is measured.
    /// - Throws: `BenchFailure`, and what the parts throw.
    @Reactor
    func perform(onStage: (BenchStage) async throws -> Void = { _ in }) async throws -> RunResult {
        let stage = try await BenchStage.set(for: contender)
        do {
            try await onStage(stage)
            let result = try await perform(on: stage)
            await stage.stop()
            return result
        } catch {
            await stage.stop()
            throw error
        }
    }

    @Reactor
    private func perform(on stage: BenchStage) async throws -> RunResult {
        switch kind {
        case .drain(let records):
            return try await DrainRun(plan: self, records: records).run(on: stage)
        case .load(let profile, let seconds):
            return try await LoadRun(plan: self, profile: profile, seconds: seconds).run(on: stage)
        case .scale(let rate, let seconds, let workers):
            return try await LoadRun(plan: self, profile: .steady(rate: rate), seconds: seconds, workers: workers)
                .run(on: stage)
        }
    }
}
