/// Lets equal misses share one call: the first starts it, the others wait for its answer, and everybody gets that
/// answer or its error. Without it a popular entry that is missing would be asked for by all of its readers at once.
///
/// A waiter that leaves does not end the call: it goes on for the others, and with nobody left for whoever comes next.
/// An answer is as old as the start of its call; `shareMs` bounds that age, and a call that never ends takes nobody
/// with it who comes later.
///
/// Not `Sendable`: the shell keeps it on one actor.
public final class SingleFlight<Key: Hashable, Value, Failure: Error> {
    public typealias Answer = Result<Value, Failure>

    /// A call under way.
    public struct Call: Sendable, Hashable { fileprivate let number: UInt64 }

    /// One who waits for a call.
    public struct Waiter: Sendable, Hashable {
        fileprivate let call: UInt64
        fileprivate let number: UInt64
    }

    /// What becomes of a miss.
    public enum Joined: Sendable, Equatable {
        /// There is no call to share: the shell makes it and tells its answer by `ended`, once.
        case starts(Call, Waiter)
        /// A call is under way.
        case shares(Waiter)
        /// There are as many calls or waiters as there may be; nothing was kept.
        case full
    }

    private struct UnderWay {
        let key: Key
        let startedMs: Int64
        /// In the order of coming.
        var waiters: [(number: UInt64, onAnswer: (Answer) -> Void)] = []
    }

    public let callsMax: Int
    public let waitersMax: Int
    public let shareMs: Int64
    public private(set) var counters = SingleFlightCounters()
    /// Waiters of all calls.
    public private(set) var waiting = 0
    private var underWay: [UInt64: UnderWay] = [:]
    /// From a key to the call that a newcomer may share.
    private var newest: [Key: UInt64] = [:]
    private var numbers: UInt64 = 0

    /// - Parameters:
    ///   - callsMax: calls under way at one time, 1 or more.
    ///   - waitersMax: waiters of all calls together, 1 or more.
    ///   - shareMs: a call can be shared for so many milliseconds from its start; 1 or more.
    public init(callsMax: Int, waitersMax: Int, shareMs: Int64) {
        precondition(callsMax >= 1 && waitersMax >= 1 && shareMs >= 1, "bounds that let nobody through")
        self.callsMax = callsMax
        self.waitersMax = waitersMax
        self.shareMs = shareMs
    }

    /// Calls under way.
    public var calls: Int { underWay.count }

    /// Somebody misses a value.
    ///
    /// - Parameters:
    ///   - nowMs: monotonic milliseconds, `0 ..< 2^62`.
    ///   - onAnswer: is called once with the call's answer, unless the waiter leaves before.
    public func join(_ key: Key, nowMs: Int64, onAnswer: @escaping (Answer) -> Void) -> Joined {
        if waiting == waitersMax { return full() }
        if let call = newest[key], let startedMs = underWay[call]?.startedMs, nowMs - startedMs < shareMs {
            counters.shared += 1
            return .shares(wait(for: call, onAnswer))
        }
        if underWay.count == callsMax { return full() }
        counters.started += 1
        numbers += 1
        let call = numbers
        underWay[call] = UnderWay(key: key, startedMs: nowMs)
        newest[key] = call
        return .starts(Call(number: call), wait(for: call, onAnswer))
    }

    /// A call has ended. Its waiters are told in the order of their coming; whoever misses the key meanwhile starts
    /// another call.
    public func ended(_ call: Call, _ answer: Answer) {
        guard let ended = underWay.removeValue(forKey: call.number) else {
            preconditionFailure("a call ended twice")
        }
        if newest[ended.key] == call.number { newest[ended.key] = nil }
        waiting -= ended.waiters.count
        for waiter in ended.waiters { waiter.onAnswer(answer) }
    }

    /// A waiter waits no more.
    ///
    /// - Returns: whether it still waited: then it will hear nothing. False when it was answered before.
    public func leave(_ waiter: Waiter) -> Bool {
        guard let place = underWay[waiter.call]?.waiters.firstIndex(where: { $0.number == waiter.number }) else {
            return false
        }
        underWay[waiter.call]?.waiters.remove(at: place)
        waiting -= 1
        counters.left += 1
        return true
    }

    private func wait(for call: UInt64, _ onAnswer: @escaping (Answer) -> Void) -> Waiter {
        numbers += 1
        waiting += 1
        underWay[call]?.waiters.append((numbers, onAnswer))
        return Waiter(call: call, number: numbers)
    }

    private func full() -> Joined {
        counters.full += 1
        return .full
    }
}

/// Totals since start.
public struct SingleFlightCounters: Sendable, Equatable {
    /// Calls that were made.
    public var started = 0
    /// Misses that shared a call: calls that were spared.
    public var shared = 0
    /// Waiters who left before the answer.
    public var left = 0
    /// Misses for which there was no room.
    public var full = 0
}
