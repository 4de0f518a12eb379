import FlowCore

/// Places among the calls in flight, and single attempts.
extension GuardedReads {
    // MARK: Places

    /// Waits for a place.
    ///
    /// A caller that leaves while it waits gives its ticket back, be it that the place had come to it already: `run` is
    /// told to a `FirstAnswer` that has heard `left`, and the leave that follows frees the place.
    func enter(_ kind: ConcurrencyLimit.Kind, untilMs: Int64) async throws(ReadFailure) -> ConcurrencyLimit.Ticket {
        let turn = FirstAnswer<Turn>()
        let (ticket, isWaiting) = state.withLock { state in
            let (ticket, decisions) = state.limit.enter(kind, deadlineMs: untilMs, nowMs: clock.nowMs)
            state.turns[ticket] = turn
            state.carryOut(decisions)
            return (ticket, state.turns[ticket] != nil)
        }
        let timer = isWaiting ? clock.schedule(atMs: untilMs) { self.tick() } : nil
        defer { timer?.cancel() }
        switch await turn.value(leavingWith: .left, { self.leave(ticket) }) {
        case .run: return ticket
        case .refused(.queueFull):
            throw .notNow(retryAfterMs: Self.unknownMs, reason: "too many reads wait for Postgres")
        case .refused(.deadlinePassed):
            throw .notNow(retryAfterMs: Self.unknownMs, reason: "no connection to Postgres was free in time")
        case .left: throw Self.left
        }
    }

    func leave(_ ticket: ConcurrencyLimit.Ticket) {
        state.withLock { state in
            state.turns[ticket] = nil
            state.carryOut(state.limit.leave(ticket, nowMs: clock.nowMs))
        }
    }

    private func tick() {
        state.withLock { $0.carryOut($0.limit.tick(nowMs: clock.nowMs)) }
    }

    // MARK: Attempts

    /// How an attempt ended for its caller.
    enum Ended<Value: Sendable>: Sendable {
        /// The body has ended; the place is the caller's again.
        case ended(Result<Value, ReadTrouble>)
        /// Its deadline came first. The place is the body's.
        case late
        /// The caller left. The place is the body's.
        case left
    }

    func ask<Value: Sendable>(
        _ attempt: BackendChoice.Attempt, _ ticket: ConcurrencyLimit.Ticket, untilMs: Int64,
        _ body: @escaping Body<Value>
    ) async -> Ended<Value> {
        let first = FirstAnswer<Ended<Value>>()
        let backend = attempt.backend
        let work = Task {
            let result: Result<Value, ReadTrouble>
            do throws(ReadTrouble) { result = .success(try await body(backend)) } catch { result = .failure(error) }
            if !first.tell(.ended(result)) { self.bodyEndedLate(ticket) }
        }
        let timer = clock.schedule(atMs: untilMs) { first.tell(.late) }
        let ended = await first.value(leavingWith: .left)
        timer.cancel()
        if case .ended = ended { return ended }
        work.cancel()
        return ended
    }

    private func bodyEndedLate(_ ticket: ConcurrencyLimit.Ticket) {
        state.withLock { $0.lateBodies += 1 }
        leave(ticket)
    }

    func end(_ attempt: BackendChoice.Attempt, _ outcome: CircuitBreaker.Outcome) {
        state.withLock { state in
            switch outcome {
            case .succeeded: state.choice.succeeded(attempt, nowMs: clock.nowMs)
            case .abandoned: state.choice.abandoned(attempt, nowMs: clock.nowMs)
            case .failed: preconditionFailure("a failure has an answer: `failed`")
            }
        }
    }

    func failed(_ attempt: BackendChoice.Attempt) -> BackendChoice.Answer {
        state.withLock { $0.choice.failed(attempt, nowMs: clock.nowMs) }
    }
}

extension GuardedReads.State {
    mutating func carryOut(_ decisions: [ConcurrencyLimit.Decision]) {
        for decision in decisions {
            switch decision {
            case .run(let ticket): turns.removeValue(forKey: ticket)?.tell(.run)
            case .refuse(let ticket, let refusal): turns.removeValue(forKey: ticket)?.tell(.refused(refusal))
            }
        }
    }
}
