import Foundation
import Reactor

/// A program that is measured: a cairn, or another system for the same job.
protocol Contender: Sendable {
    /// How it is called in the report.
    var name: String { get }

    /// Makes what its workers need, on fresh servers.
    @Reactor func prepare(_ stage: BenchStage) async throws

    /// Starts workers that share the topic.
    @Reactor func startWorkers(_ count: Int, on stage: BenchStage) async throws -> any WorkersUnderTest
}

/// Workers of a contender while they are measured. They are together what one worker is alone.
@Reactor
protocol WorkersUnderTest: AnyObject {
    /// Each with its descendants.
    var pids: [pid_t] { get }
    /// Monotonic nanoseconds of their start.
    var startedNs: Int64 { get }
    var scoreKeys: ScoreKeys { get }

    /// Waits until they take records from every partition.
    ///
    /// - Parameter sender: of whose records the first ones may be sent for that.
    func join(_ sender: ScanSender) async throws

    /// Waits for the first record.
    ///
    /// - Parameter beforeEach: called before each look.
    /// - Returns: monotonic nanoseconds of the last look at which none had been taken.
    func awaitFirstRecord(beforeEach: () async -> Void) async throws -> Int64

    /// From here on their counters belong to what is measured.
    func beginCounting() async throws

    /// - Throws: `BenchFailure` when one has ended.
    func checkRunning() throws

    /// Waits until everything that was sent has had its effect everywhere.
    ///
    /// - Returns: monotonic nanoseconds of the first look at which it had.
    func awaitEnd(of sender: ScanSender) async throws -> Int64

    /// Compares what they left behind with the oracle.
    ///
    /// - Returns: how many keys of Redis were there to compare.
    /// - Throws: `BenchFailure.inexact` with the first differences.
    func checkExactness(_ oracle: TraceOracle) async throws -> Int

    /// Asks them to end, and waits for it.
    func stop() async throws

    /// Adds what only they can tell.
    func complete(_ result: inout RunResult)
}

extension WorkersUnderTest {
    /// The most memory that they have held, bytes (VmHWM), one after the other.
    var peakMemory: Int { pids.reduce(0) { $0 + ProcessTimes.peakMemory(ofTree: $1) } }
}
