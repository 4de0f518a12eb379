import Reactor
import Synchronization

/// Follows a production from its start until everything is acknowledged, and tells of it.
@Reactor
struct ProductionWatch {
    let production: OpenLoopProducer
    /// How long it is planned to take.
    let seconds: Double

    /// How long records may take to be acknowledged after the last one: longer than `message.timeout.ms`, or shorter
    /// for somebody who has pressed Ctrl-C and waits.
    private static let finishMs: Int64 = 35_000
    private static let interruptedFinishMs: Int64 = 5_000

    /// Starts it, shows how it goes, and stops it early at SIGINT or SIGTERM.
    ///
    /// - Returns: that signal's number, or 0.
    func run() async -> Int32 {
        let interrupted = Atomic<Int32>(0)
        let interruption = Interruption { interrupted.store($0, ordering: .relaxed) }
        var progress = TimedProgress()
        production.start()
        while !production.isStopped {
            await Reactor.pause(ms: 20)
            if interrupted.load(ordering: .relaxed) != 0 { production.stop() }
            let elapsed = production.elapsedSeconds
            progress.show(elapsed, share: elapsed / max(seconds, 0.001), counts)
        }
        progress.finish()
        let isEarly = interrupted.load(ordering: .relaxed) != 0
        await production.finish(timeoutMs: isEarly ? Self.interruptedFinishMs : Self.finishMs)
        withExtendedLifetime(interruption) {}
        return interrupted.load(ordering: .relaxed)
    }

    private var counts: String {
        let lateMs = production.latenessNs / 1_000_000
        return "\(production.produced) produced, \(production.acknowledged) acknowledged"
            + (lateMs >= 10 ? ", \(lateMs) ms late" : "")
    }

    /// One line for the end.
    var summary: String {
        """
        produced \(production.produced), acknowledged \(production.acknowledged), failed \(production.failed); \
        \(Int(production.achievedRate.rounded())) records/s; late by at most \(Self.ms(production.largestLatenessNs)), \
        by \(Self.ms(production.lastLatenessNs)) at the end
        """
    }

    /// Says what kept the pace from being kept, and fails for records that failed or a stop before the end.
    ///
    /// - Throws: `CommandFailure`.
    func conclude(interruptedBy signal: Int32) throws {
        if production.stalls > 0 {
            Output.complain("the producer's queue was full \(production.stalls) times: the pace was not kept")
        }
        if production.failed > 0 {
            throw CommandFailure.failed(
                """
                \(production.failed) records were not acknowledged: \
                \(production.trouble?.description ?? "no reason given")
                """)
        }
        if signal != 0 {
            throw CommandFailure(
                exitCode: Interruption.exitCode(of: signal), message: "cairn: stopped early, nothing is outstanding")
        }
    }

    private static func ms(_ nanoseconds: Int64) -> String { "\(nanoseconds / 1_000_000) ms" }
}
