import Reactor

/// Watches a simulation and its workers.
@Reactor
final class DemoFollower {
    private let stage: DemoStage
    private let run: SimulationRun
    private var lastSeconds = 0.0
    private var lastProduced = 0
    private var lastCommitted = 0

    private static let everyMs: Int64 = 1_000
    private static let publishDeadlineMs: Int64 = 60_000

    init(stage: DemoStage, run: SimulationRun) {
        self.stage = stage
        self.run = run
    }

    /// Shows how it goes until the simulation has produced everything.
    ///
    /// - Throws: `CommandFailure` when a worker ended, `PostgresError`.
    func follow(_ screen: inout DemoScreen) async throws {
        var nextMs = Clock.monotonicMs()
        while !run.isStopped {
            if Clock.monotonicMs() >= nextMs {
                nextMs += Self.everyMs
                try stage.checkProcesses()
                try await show(try await stage.progress(), &screen)
            }
            await Reactor.pause(ms: 20)
        }
    }

    /// Waits until everything acknowledged by Kafka is committed and published.
    ///
    /// - Throws: `CommandFailure` after a minute without that.
    func waitUntilPublished(_ screen: inout DemoScreen) async throws {
        let expected = run.expectation.nextOffsets
        let startedMs = Clock.monotonicMs()
        while true {
            let progress = try await stage.progress()
            let isDone = expected.allSatisfy { partition, offset in
                progress.positions[partition].map { $0 == (offset, offset) } ?? false
            }
            if isDone {
                try await show(progress, &screen)
                screen.say("caught up \(Clock.monotonicMs() - startedMs) ms after the last scan")
                return
            }
            try stage.checkProcesses()
            if Clock.monotonicMs() - startedMs > Self.publishDeadlineMs {
                throw CommandFailure.refused(
                    """
                    \(Self.publishDeadlineMs / 1_000) s after the last scan \(progress.committed) of \
                    \(run.expectation.records) scans are committed and \(progress.published) published; the workers' \
                    logs end with
                    \(stage.lastWords())
                    """)
            }
            await Reactor.pause(ms: 50)
        }
    }

    private func show(_ progress: DemoStage.Progress, _ screen: inout DemoScreen) async throws {
        let seconds = run.elapsedSeconds
        let passed = max(seconds - lastSeconds, 0.001)
        let committed = Int(progress.committed)
        screen.show(
            DemoScreen.Frame(
                title: stage.hunt.definition.title ?? stage.hunt.definition.slug, seconds: Int(seconds),
                produced: run.produced, producedPerSecond: Int(Double(run.produced - lastProduced) / passed),
                committed: committed, committedPerSecond: Int(Double(committed - lastCommitted) / passed),
                leaders: try await stage.topTen()))
        lastSeconds = seconds
        lastProduced = run.produced
        lastCommitted = committed
    }
}
