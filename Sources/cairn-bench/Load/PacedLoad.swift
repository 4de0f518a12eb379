import Histogram
import Reactor

/// Sends records when they are due, on a clock that nothing stops: an open loop. What is late is sent as soon as
/// possible and counts from when it was due, so that a system that stalls cannot hide its stall (coordinated
/// omission).
@Reactor
final class PacedLoad {
    let profile: LoadProfile
    let sender: ScanSender
    /// Monotonic nanoseconds of the start.
    private(set) var startedNs: Int64 = 0
    private(set) var isDone = false
    /// How late records were sent, microseconds.
    private(set) var lateness = LatencyRecorder()
    /// The record with which the schedule begins: what was sent before does not belong to it.
    private let firstNumber: Int
    private var endNumber: Int

    /// Records in one go, so that others have their turn on the reactor while a backlog is made up for.
    private static let recordsPerTurn = 500
    private static let tickMs: Int64 = 1

    /// - Parameter seconds: how long to measure, after the warm-up.
    init(_ profile: LoadProfile, _ sender: ScanSender, seconds: Int) {
        self.profile = profile
        self.sender = sender
        firstNumber = sender.sent
        endNumber = firstNumber + profile.warmUpRecords + profile.records(seconds: seconds)
    }

    func start() {
        startedNs = Clock.monotonicNs()
        tick()
    }

    /// Sends nothing more.
    func stop() { endNumber = sender.sent }

    /// Monotonic nanoseconds at which a record is due.
    func dueNs(ofRecord number: Int) -> Int64 { startedNs + profile.dueNs(ofRecord: number - firstNumber) }

    /// Whether a record belongs to those that are measured.
    func isMeasured(_ number: Int) -> Bool { number >= firstNumber + profile.warmUpRecords }

    /// When the last record is due, monotonic nanoseconds.
    var lastDueNs: Int64 { dueNs(ofRecord: endNumber - 1) }

    private func tick() {
        var isFull = false
        var left = Self.recordsPerTurn
        while left > 0, !isFull, sender.sent < endNumber {
            let now = Clock.monotonicNs()
            let due = dueNs(ofRecord: sender.sent)
            if due > now { break }
            let number = sender.sent
            isFull = sender.send(1) == 0
            if !isFull && isMeasured(number) { lateness.add(now - due) }
            left -= 1
        }
        if sender.sent == endNumber {
            isDone = true
        } else if left == 0 {
            Reactor.submit { [self] in tick() }
        } else {
            Reactor.schedule(afterMs: Self.tickMs) { [self] in tick() }
        }
    }
}
