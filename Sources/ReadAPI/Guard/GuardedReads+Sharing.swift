import FlowCore

typealias SharedAnswer = Result<any Sendable, ReadFailure>
typealias SharedFlights = SingleFlight<SharedKey, any Sendable, ReadFailure>

/// What makes two reads equal: what is asked for, how fresh, and what comes back.
struct SharedKey: Hashable {
    let key: AnyHashable
    let value: ObjectIdentifier
    /// Milliseconds; -1 is `newest`, `Int64.max` any.
    let freshness: Int64

    init(_ key: some Hashable, _ freshness: BackendChoice.Freshness, _ value: Any.Type) {
        self.key = AnyHashable(key)
        self.value = ObjectIdentifier(value)
        self.freshness =
            switch freshness {
            case .newest: -1
            case .within(let ms): ms
            case .any: .max
            }
    }
}

/// Equal reads on one call.
extension GuardedReads {
    /// As `read`, but reads with an equal key share one call. It goes on when callers leave, so it is for what others
    /// will ask, too.
    ///
    /// An answer may come from a call that began before the question, by `shareMs` at most, `newest` or not.
    ///
    /// - Parameter key: names what is asked: two reads with equal keys, freshness and type have equal bodies.
    public func shared<Value: Sendable>(
        _ key: some Hashable & Sendable, _ freshness: BackendChoice.Freshness, deadlineMs: Int64,
        _ body: @escaping Body<Value>
    ) async throws(ReadFailure) -> ReadAnswer<Value> {
        let answer = FirstAnswer<SharedAnswer>()
        let joined = state.withLock { state in
            state.flights.join(SharedKey(key, freshness, Value.self), nowMs: clock.nowMs) { answer.tell($0) }
        }
        let waiter: SharedFlights.Waiter
        switch joined {
        case .full: throw .notNow(retryAfterMs: Self.unknownMs, reason: "too many reads wait for Postgres")
        case .shares(let other): waiter = other
        case .starts(let call, let own):
            waiter = own
            Task { await self.fly(call, freshness, deadlineMs: deadlineMs, body) }
        }
        let leave: @Sendable () -> Void = { self.leave(waiter) }
        let timer = clock.schedule(atMs: clock.nowMs + deadlineMs) {
            let late = ReadFailure.notNow(retryAfterMs: Self.unknownMs, reason: "no answer within \(deadlineMs) ms")
            if answer.tell(.failure(late)) { leave() }
        }
        let first = await answer.value(leavingWith: .failure(Self.left), leave)
        timer.cancel()
        guard let value = try first.get() as? ReadAnswer<Value> else {
            preconditionFailure("the key of a shared read holds its type")
        }
        return value
    }

    private func fly<Value: Sendable>(
        _ call: SharedFlights.Call, _ freshness: BackendChoice.Freshness, deadlineMs: Int64,
        _ body: @escaping Body<Value>
    ) async {
        let answer: SharedAnswer
        do throws(ReadFailure) {
            answer = .success(try await read(freshness, deadlineMs: deadlineMs, body))
        } catch {
            answer = .failure(error)
        }
        state.withLock { $0.flights.ended(call, answer) }
    }

    private func leave(_ waiter: SharedFlights.Waiter) {
        state.withLock { _ = $0.flights.leave(waiter) }
    }
}
