import Synchronization

/// The first of several answers that race each other: what was asked for, its deadline, the leave of whoever asked.
///
/// Exactly one `tell` wins and learns that it did, so that what comes with an answer (a place among the calls in
/// flight) always has one owner.
final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open(CheckedContinuation<Value, Never>?)
        case told(Value)
    }

    private let state = Mutex(State.open(nil))

    /// - Returns: whether this answer is the first one.
    @discardableResult
    func tell(_ value: Value) -> Bool {
        let (isFirst, asker) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
            guard case .open(let asker) = state else { return (false, nil) }
            state = .told(value)
            return (true, asker)
        }
        asker?.resume(returning: value)
        return isFirst
    }

    /// Waits for the first answer; for one asker.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let told = state.withLock { state -> Value? in
                if case .told(let value) = state { return value }
                state = .open(continuation)
                return nil
            }
            if let told { continuation.resume(returning: told) }
        }
    }

    /// Waits for the first answer; a cancelled asker gives one itself.
    ///
    /// - Parameter onLeaving: its answer, and what to do when that is the first one.
    func value(leavingWith answer: Value, _ onLeaving: @escaping @Sendable () -> Void = {}) async -> Value {
        await withTaskCancellationHandler {
            await value()
        } onCancel: {
            if tell(answer) { onLeaving() }
        }
    }
}
