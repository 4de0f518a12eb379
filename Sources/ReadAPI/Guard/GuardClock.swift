/// The time that deadlines are measured by: it never goes back, and setting the date does not move it.
public protocol GuardClock: Sendable {
    /// Milliseconds since some fixed moment, `0 ..< 2^62`.
    var nowMs: Int64 { get }

    /// Runs `work` once, at that moment or soon after, on whatever thread, and never within this call.
    func schedule(atMs: Int64, _ work: @escaping @Sendable () -> Void) -> GuardTimer
}

/// Work that waits for its moment.
public struct GuardTimer: Sendable {
    private let onCancel: @Sendable () -> Void

    public init(onCancel: @escaping @Sendable () -> Void) { self.onCancel = onCancel }

    /// The work need not run any more. It may be running already.
    public func cancel() { onCancel() }
}

extension GuardClock {
    /// Returns after so many milliseconds, or at once when the task is cancelled.
    func pause(ms: Int64) async {
        let end = FirstAnswer<Void>()
        let timer = schedule(atMs: nowMs + ms) { end.tell(()) }
        await end.value(leavingWith: ())
        timer.cancel()
    }
}

/// The system's monotonic clock.
public struct SystemGuardClock: GuardClock {
    private static let start = SuspendingClock.now

    public init() {}

    public var nowMs: Int64 { Self.milliseconds(Self.start.duration(to: .now)) }

    public func schedule(atMs: Int64, _ work: @escaping @Sendable () -> Void) -> GuardTimer {
        let moment = Self.start.advanced(by: .milliseconds(atMs))
        let task = Task {
            // It throws only when it is cancelled.
            guard (try? await Task.sleep(until: moment, clock: .suspending)) != nil else { return }
            work()
        }
        return GuardTimer { task.cancel() }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
