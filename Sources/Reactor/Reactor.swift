/// The one thread on which everything that touches a socket runs: clients of Kafka, Postgres and Redis and the worker
/// that moves records between them.
///
/// A C handle that forbids two threads at a time (librdkafka's queues, libpq, hiredis) is safe in a class isolated to
/// this actor, without a lock. One process has one such thread; a fleet scales by processes.
@globalActor
public actor Reactor {
    public static let shared = Reactor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `work` on the reactor's thread after what is already waiting there. Cheaper than a `Task`; never suspends.
    public nonisolated static func submit(_ work: sending @escaping @Reactor () -> Void) {
        EventLoop.shared.submit(work)
    }

    /// Starts a task whose every step runs on the reactor's thread. A plain `Task` comes back from each suspension by way
    /// of the global pool: 15 to 25 microseconds instead of 2.5, and two that resume together may change places.
    @discardableResult
    public nonisolated static func task(
        _ work: @escaping @Reactor () async -> Void
    ) -> Task<Void, Never> {
        Task(executorPreference: EventLoop.shared, operation: work)
    }

    /// Runs `work` once `milliseconds` have passed, unless the timer is cancelled before.
    @discardableResult
    @Reactor
    public static func schedule(
        afterMs milliseconds: Int64, _ work: @escaping @Reactor () -> Void
    ) -> ReactorTimer {
        EventLoop.shared.schedule(atNs: Clock.monotonicNs() + max(0, milliseconds) * 1_000_000, work)
    }

    /// Suspends the caller for `milliseconds`, without cancellation: callers wait short, bounded times.
    @Reactor
    public static func pause(ms milliseconds: Int64) async {
        await withCheckedContinuation { continuation in
            schedule(afterMs: milliseconds) { continuation.resume() }
        }
    }

    /// Runs a call that blocks (a C function that waits for the network) on a thread of its own and suspends the caller
    /// meanwhile.
    public nonisolated static func blocking<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            BlockingThread.run { continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
    }
}
