import FlowCore
import Synchronization

/// Asks Postgres, primary or replicas, so that neither a slow nor a dead one takes the readers with it, and so that
/// readers never take all connections: FlowCore's machines, driven by tasks.
///
/// A read waits for its place among the calls in flight, then a backend is chosen. An attempt ends exactly once: by its
/// answer, by its deadline, or because its caller left. After a transient trouble another backend is asked, within the
/// retry budget and the deadline.
///
/// The place goes with the body: one that answers too late keeps it until it has ended, for it still has its
/// connection. So there are never more bodies than places, whatever the backends do.
///
/// While another backend could be asked, an attempt may take half of the time that is left, so that a backend that
/// hangs leaves time for the next one.
public final class GuardedReads: Sendable {
    public typealias Backend = BackendChoice.Backend
    public typealias Body<Value> = @Sendable (Backend) async throws(ReadTrouble) -> Value

    let settings: ReadGuardSettings
    let clock: any GuardClock
    let state: Mutex<State>

    /// All of it under one lock: a decision is a few hundred nanoseconds.
    struct State {
        var choice: BackendChoice
        var limit: ConcurrencyLimit
        /// Who waits for a place.
        var turns: [ConcurrencyLimit.Ticket: FirstAnswer<Turn>] = [:]
        let flights: SharedFlights
        /// Bodies that answered after their attempt had ended.
        var lateBodies = 0
    }

    /// What becomes of a wish to run.
    enum Turn: Sendable {
        case run
        case refused(ConcurrencyLimit.Refusal)
        case left
    }

    public init(_ settings: ReadGuardSettings, clock: any GuardClock = SystemGuardClock()) {
        self.settings = settings
        self.clock = clock
        state = Mutex(
            State(
                choice: BackendChoice(
                    replicas: settings.replicas, breaker: settings.breaker, retries: settings.retries),
                limit: ConcurrencyLimit(settings.concurrency),
                flights: SharedFlights(
                    callsMax: settings.sharedCallsMax, waitersMax: settings.sharedWaitersMax,
                    shareMs: settings.shareMs)))
    }

    /// How far a replica is behind the primary; see `BackendChoice.told`.
    public func told(lagMs: Int64?, ofReplica replica: Int) {
        state.withLock { $0.choice.told(lagMs: lagMs, ofReplica: replica, nowMs: clock.nowMs) }
    }

    /// Somebody else has just got an answer of a backend; see `BackendChoice.seenAlive`.
    public func seenAlive(_ backend: Backend) {
        state.withLock { $0.choice.seenAlive(backend, nowMs: clock.nowMs) }
    }

    /// The replicas that are known to be no further behind, by their positions in the settings.
    public func replicas(within ms: Int64) -> [Int] {
        state.withLock { $0.choice.replicas(within: ms, nowMs: clock.nowMs) }
    }

    // MARK: Reading

    /// - Parameters:
    ///   - freshness: how old the answer may be.
    ///   - kind: `read` for what the API asks, `write` for what may not wait behind readers: loads of the boards.
    ///   - deadlineMs: milliseconds from now; waiting for a place included.
    ///   - body: asks one backend. It may be asked again with another one, so it changes nothing. A body whose answer
    ///     nobody wants any more has its task cancelled.
    public func read<Value: Sendable>(
        _ freshness: BackendChoice.Freshness, kind: ConcurrencyLimit.Kind = .read, deadlineMs: Int64,
        _ body: @escaping Body<Value>
    ) async throws(ReadFailure) -> ReadAnswer<Value> {
        let request = Request(
            freshness: freshness, kind: kind, untilMs: clock.nowMs + deadlineMs,
            fairMs: min(settings.fairMs, deadlineMs / 4))
        // nil: a body that is late has it.
        var place: ConcurrencyLimit.Ticket? = try await enter(kind, untilMs: request.untilMs)
        var next = state.withLock { $0.choice.first(freshness, nowMs: clock.nowMs) }
        var reason = "no Postgres that is fresh enough may be asked now"
        while true {
            guard case .ask(let attempt) = next else { throw noneNow(next, place, reason) }
            let ticket: ConcurrencyLimit.Ticket
            do throws(ReadFailure) {
                ticket = try await self.ticket(place, request)
            } catch {
                end(attempt, .abandoned)
                throw error
            }
            let limitMs = attemptEndsMs(attempt, request)
            let startedMs = clock.nowMs
            switch await ask(attempt, ticket, untilMs: limitMs, body) {
            case .ended(.success(let value)):
                end(attempt, .succeeded)
                leave(ticket)
                return ReadAnswer(value: value, backend: attempt.backend)
            case .ended(.failure(.refused(let text))):
                end(attempt, .succeeded)
                leave(ticket)
                throw .refused(text)
            case .ended(.failure(.transient(let text))):
                place = ticket
                reason = text
                next = failed(attempt)
            case .late where limitMs - startedMs < request.fairMs:
                end(attempt, .abandoned)
                throw .notNow(retryAfterMs: Self.unknownMs, reason: "too many reads: no time was left for this one")
            case .late:
                place = nil
                reason = "\(attempt.backend) did not answer within \(limitMs - startedMs) ms"
                next = failed(attempt)
            case .left:
                end(attempt, .abandoned)
                throw Self.left
            }
            if case .ask(let other) = next, clock.nowMs >= request.untilMs {
                end(other, .abandoned)
                if let place { leave(place) }
                throw .notNow(retryAfterMs: Self.unknownMs, reason: reason)
            }
        }
    }

    /// A wait whose end nobody can tell, milliseconds.
    static let unknownMs: Int64 = 1_000
    static var left: ReadFailure { .notNow(retryAfterMs: unknownMs, reason: "the caller left") }

    /// What stays the same over the attempts of a read.
    private struct Request {
        let freshness: BackendChoice.Freshness
        let kind: ConcurrencyLimit.Kind
        let untilMs: Int64
        let fairMs: Int64
    }

    private func ticket(
        _ place: ConcurrencyLimit.Ticket?, _ request: Request
    ) async throws(ReadFailure) -> ConcurrencyLimit.Ticket {
        if let place { return place }
        return try await enter(request.kind, untilMs: request.untilMs)
    }

    private func attemptEndsMs(_ attempt: BackendChoice.Attempt, _ request: Request) -> Int64 {
        let others = request.freshness == .newest ? 0 : settings.replicas - attempt.triesBefore
        if others <= 0 || attempt.triesBefore >= settings.retries.perRequest { return request.untilMs }
        let nowMs = clock.nowMs
        return min(request.untilMs, nowMs + max((request.untilMs - nowMs) / 2, request.fairMs))
    }

    private func noneNow(
        _ answer: BackendChoice.Answer, _ place: ConcurrencyLimit.Ticket?, _ reason: String
    ) -> ReadFailure {
        if let place { leave(place) }
        guard case .noneNow(_, let retryAfterMs) = answer else { preconditionFailure("there is a backend to ask") }
        return .notNow(retryAfterMs: retryAfterMs, reason: reason)
    }
}
