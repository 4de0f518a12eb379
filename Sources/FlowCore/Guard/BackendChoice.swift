/// Which Postgres a read asks: replicas first, the one with the fewest calls in flight and of equal ones in turn, then
/// the primary. A backend that fails is shut out by its breaker; a call that failed goes to another one within the
/// failed one's retry budget.
///
/// The budget is the failed backend's, so that a primary which replicas spare all reads can still take over a failed
/// one's, while all tries again together stay within their percentage of all requests.
///
/// The state of a request travels in its `Attempt`: whoever got one tells once how it ended, by `succeeded`, `failed`
/// or `abandoned`. Choosing is O(n) of the backends.
public struct BackendChoice: Sendable {
    public enum Backend: Sendable, Hashable {
        case primary
        /// By its position in the settings.
        case replica(Int)
    }

    /// How old an answer may be.
    public enum Freshness: Sendable, Equatable {
        /// Whatever was committed before the question: the primary alone knows.
        case newest
        /// A replica will do that is at most so many milliseconds behind, 0 or more.
        case within(ms: Int64)
        /// Any replica will do.
        case any
    }

    /// One try of one request.
    public struct Attempt: Sendable, Equatable {
        public let backend: Backend
        /// How often the request was tried before.
        public let triesBefore: Int
        fileprivate let freshness: Freshness
        fileprivate let member: Int
        /// A bit for each backend that was asked, this one included.
        fileprivate let asked: UInt64
        fileprivate let permit: CircuitBreaker.Permit
    }

    /// Why there is nobody to ask.
    public enum Reason: Sendable, Equatable {
        /// All backends that are fresh enough are shut out.
        case shutOut
        /// The request has been tried as often as any may be.
        case triesUsedUp
        /// The backend that failed has spent its budget of tries again.
        case budgetSpent
    }

    public enum Answer: Sendable, Equatable {
        case ask(Attempt)
        /// Nobody now; it is worth coming back after so many milliseconds, 1 or more.
        case noneNow(Reason, retryAfterMs: Int64)
    }

    /// More would not fit the bits of an attempt.
    public static let replicasMax = 63

    /// Replicas in the order of the settings, then the primary.
    private var members: [Member]
    /// The replica that is next in turn.
    private var turn = 0

    /// - Parameter replicas: how many, `0 ... replicasMax`.
    public init(
        replicas: Int, breaker: BreakerSettings = BreakerSettings(), retries: RetrySettings = RetrySettings()
    ) {
        precondition(replicas >= 0 && replicas <= Self.replicasMax, "too many replicas")
        let member = Member(breaker: CircuitBreaker(breaker), budget: RetryBudget(retries))
        members = Array(repeating: member, count: replicas + 1)
    }

    // MARK: Requests

    /// A request asks whom to ask.
    ///
    /// - Parameter nowMs: monotonic milliseconds, `0 ..< 2^62`, as everywhere here.
    public mutating func first(_ freshness: Freshness, nowMs: Int64) -> Answer {
        guard let member = best(for: freshness, asked: 0, failed: nil, nowMs: nowMs) else {
            return .noneNow(.shutOut, retryAfterMs: comeBackMs(for: freshness, nowMs: nowMs))
        }
        members[member].budget.requestSent(nowMs: nowMs)
        return ask(member, freshness, triesBefore: 0, asked: 0, nowMs: nowMs)
    }

    /// The backend answered, be it that the question was wrong.
    public mutating func succeeded(_ attempt: Attempt, nowMs: Int64) { end(attempt, .succeeded, nowMs: nowMs) }

    /// Nobody waits for the answer any more.
    public mutating func abandoned(_ attempt: Attempt, nowMs: Int64) { end(attempt, .abandoned, nowMs: nowMs) }

    /// The backend did not answer, too late, or that it cannot.
    ///
    /// - Returns: whom to ask now: one that this request has not asked yet, where there is one.
    public mutating func failed(_ attempt: Attempt, nowMs: Int64) -> Answer {
        end(attempt, .failed, nowMs: nowMs)
        switch members[attempt.member].budget.answer(already: attempt.triesBefore, nowMs: nowMs) {
        case .allowed: break
        case .triesUsedUp: return .noneNow(.triesUsedUp, retryAfterMs: RetryAfter.unknownMs)
        case .budgetSpent: return .noneNow(.budgetSpent, retryAfterMs: RetryAfter.unknownMs)
        }
        let freshness = attempt.freshness
        guard let member = best(for: freshness, asked: attempt.asked, failed: attempt.member, nowMs: nowMs) else {
            return .noneNow(.shutOut, retryAfterMs: comeBackMs(for: freshness, nowMs: nowMs))
        }
        _ = members[attempt.member].budget.take(already: attempt.triesBefore, nowMs: nowMs)
        return ask(
            member, freshness, triesBefore: attempt.triesBefore + 1, asked: attempt.asked, nowMs: nowMs)
    }

    // MARK: What is told from outside, and told to it

    /// How far a replica is behind the primary now. What was said last counts; until more is said it is taken to stand
    /// still, so a replica of which nothing is heard falls behind as time goes.
    ///
    /// - Parameter lagMs: milliseconds, 0 or more; nil when nobody knows. Nobody knows at first: such a replica is only
    ///   for requests that take any.
    public mutating func told(lagMs: Int64?, ofReplica replica: Int, nowMs: Int64) {
        precondition(replica >= 0 && replica < members.count - 1, "no such replica")
        members[replica].holdsUntilMs = lagMs.map { nowMs - max(0, $0) }
    }

    /// Somebody else has just got an answer of a backend. Where all are shut out it is probed before its time: another one
    /// that could take its requests meanwhile there is not.
    public mutating func seenAlive(_ backend: Backend, nowMs: Int64) {
        guard members.allSatisfy({ $0.breaker.waitMs(nowMs: nowMs) > 0 }) else { return }
        for member in members.indices where self.backend(member) == backend {
            members[member].breaker.probeNow(nowMs: nowMs)
        }
    }

    /// The replicas that are known to be no further behind, by their positions in the settings.
    public func replicas(within ms: Int64, nowMs: Int64) -> [Int] {
        members.indices.dropLast().filter { isFresh($0, .within(ms: ms), nowMs: nowMs) }
    }

    /// All backends in order of preference, for metrics.
    public func report(nowMs: Int64) -> [BackendReport] {
        members.indices.map { place in
            let member = members[place]
            return BackendReport(
                backend: backend(place), state: member.breaker.state(nowMs: nowMs), inFlight: member.inFlight,
                breaker: member.breaker.counters, triesAgain: member.budget.allowedCount)
        }
    }

    // MARK: Choosing

    private struct Member: Sendable {
        var breaker: CircuitBreaker
        var budget: RetryBudget
        var inFlight = 0
        /// A replica holds everything that was committed up to this monotonic moment.
        var holdsUntilMs: Int64?
    }

    private func backend(_ member: Int) -> Backend { member == members.count - 1 ? .primary : .replica(member) }

    private func isFresh(_ member: Int, _ freshness: Freshness, nowMs: Int64) -> Bool {
        if backend(member) == .primary { return true }
        switch freshness {
        case .newest: return false
        case .any: return true
        case .within(let ms):
            guard let holdsUntilMs = members[member].holdsUntilMs else { return false }
            return holdsUntilMs >= nowMs - ms
        }
    }

    /// The smallest goes first.
    private func preference(_ member: Int, asked: UInt64, failed: Int?) -> (Int, Int, Int, Int, Int) {
        let replicas = members.count - 1
        return (
            asked >> UInt64(member) & 1 == 0 ? 0 : 1, member == failed ? 1 : 0, member == replicas ? 1 : 0,
            members[member].inFlight, member == replicas ? 0 : (member - turn + replicas) % replicas
        )
    }

    private func best(for freshness: Freshness, asked: UInt64, failed: Int?, nowMs: Int64) -> Int? {
        var best: Int?
        for member in members.indices
        where isFresh(member, freshness, nowMs: nowMs) && members[member].breaker.waitMs(nowMs: nowMs) == 0 {
            guard let other = best else {
                best = member
                continue
            }
            let isBetter =
                preference(member, asked: asked, failed: failed) < preference(other, asked: asked, failed: failed)
            if isBetter { best = member }
        }
        return best
    }

    /// When some backend may be there again: its breaker says, and of a replica that must catch up nobody can tell.
    private func comeBackMs(for freshness: Freshness, nowMs: Int64) -> Int64 {
        let candidates = freshness == .newest ? members.indices.suffix(1) : members.indices[...]
        let waits = candidates.map { member in
            let waitMs = members[member].breaker.waitMs(nowMs: nowMs)
            return isFresh(member, freshness, nowMs: nowMs) ? waitMs : max(waitMs, RetryAfter.unknownMs)
        }
        return waits.min() ?? RetryAfter.unknownMs
    }

    private mutating func ask(
        _ member: Int, _ freshness: Freshness, triesBefore: Int, asked: UInt64, nowMs: Int64
    ) -> Answer {
        guard case .allowed(let permit) = members[member].breaker.permit(nowMs: nowMs) else {
            preconditionFailure("a backend was chosen that is shut out")
        }
        members[member].inFlight += 1
        if member < members.count - 1 { turn = (member + 1) % (members.count - 1) }
        return .ask(
            Attempt(
                backend: backend(member), triesBefore: triesBefore, freshness: freshness, member: member,
                asked: asked | 1 << UInt64(member), permit: permit))
    }

    private mutating func end(_ attempt: Attempt, _ outcome: CircuitBreaker.Outcome, nowMs: Int64) {
        precondition(members[attempt.member].inFlight > 0, "an attempt ended twice")
        members[attempt.member].inFlight -= 1
        members[attempt.member].breaker.ended(attempt.permit, outcome, nowMs: nowMs)
    }
}

/// A backend as metrics show it.
public struct BackendReport: Sendable, Equatable {
    public let backend: BackendChoice.Backend
    public let state: CircuitBreaker.State
    /// Calls under way.
    public let inFlight: Int
    public let breaker: BreakerCounters
    /// Tries again that its failures led to since start.
    public let triesAgain: Int
}
