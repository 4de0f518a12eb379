import Reactor

extension PostgresConnection {
    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - parameters: `$1` and so on; sent and returned in binary format. Do not change them before this returns.
    ///   - deadlineMs: how long the answer may take; after that the connection is broken and the outcome unknown. The
    ///     server itself goes on until it notices.
    /// - Returns: the rows, once the server has finished the statement and, outside a transaction block, its commit.
    public func query(
        _ sql: String, _ parameters: PostgresParameters? = nil, deadlineMs: Int64? = nil
    ) async throws(PostgresError) -> PostgresRows {
        try checkUsable()
        return try await perform(sent: handle!.send(sql, parameters), deadline(after: deadlineMs))
    }

    /// Runs a statement that this connection parses and plans only once.
    public func query(
        _ statement: PreparedStatement, _ parameters: PostgresParameters? = nil, deadlineMs: Int64? = nil
    ) async throws(PostgresError) -> PostgresRows {
        let deadlineNs = deadline(after: deadlineMs)
        try checkUsable()
        let types = parameters?.types ?? []
        if let known = prepared[statement.name] {
            precondition(known == types, "statement \(statement.name) is used with other types than before")
        } else {
            try await prepare(statement, types, deadlineNs)
        }
        do {
            return try await perform(sent: handle!.sendExecute(statement, parameters), deadlineNs)
        } catch {
            // Somebody between us and the server dropped it, or a migration changed what it returns: only a new
            // connection can prepare it again under its name.
            if case .raised(let state, _, _, _) = error {
                if state == .invalidStatementName || state == .featureNotSupported { mustRetire = true }
            }
            throw error
        }
    }

    /// Runs one or more statements separated by semicolons, without parameters; those not in a transaction block of
    /// their own form one transaction. Rows are dropped. COPY is not supported and breaks the connection.
    public func script(_ sql: String, deadlineMs: Int64? = nil) async throws(PostgresError) {
        try checkUsable()
        _ = try await perform(sent: handle!.sendScript(sql), deadline(after: deadlineMs))
    }

    private func checkUsable() throws(PostgresError) {
        precondition(call == nil, "a connection carries one call at a time")
        if let brokenReason { throw .unreachable(reason: "\(address): \(brokenReason)") }
    }

    private func deadline(after milliseconds: Int64?) -> Int64? {
        milliseconds.map { Clock.monotonicNs() + $0 * 1_000_000 }
    }

    private func prepare(
        _ statement: PreparedStatement, _ types: [UInt32], _ deadlineNs: Int64?
    ) async throws(PostgresError) {
        do {
            _ = try await perform(sent: handle!.sendPrepare(statement, types: types), deadlineNs)
        } catch .outcomeUnknown(let reason) {
            // Preparing changes nothing, and the statement itself was not sent yet.
            throw .unreachable(reason: reason)
        }
        prepared[statement.name] = types
        try checkUsable()
    }

    /// Waits for the end of what libpq has taken over.
    private func perform(sent: Bool, _ deadlineNs: Int64?) async throws(PostgresError) -> PostgresRows {
        if !sent {
            // Nothing that could be executed has left: libpq completes a message before it writes it.
            let reason = handle!.errorMessage()
            let isAlive = handle!.isAlive()
            lose(reason)
            if isAlive { throw .raised(.internalError, message: reason, detail: nil, constraint: nil) }
            throw .unreachable(reason: "\(address): \(reason)")
        }
        let outcome = await withCheckedContinuation { continuation in
            call = ConnectionCall(deadlineNs: deadlineNs, continuation)
            if let deadlineNs { armDeadline(deadlineNs) }
            flush()
            // Between sending and here the reactor may have had turns, and the answer may lie in libpq's memory already:
            // the socket would never tell of it again.
            receive()
        }
        return try outcome.get()
    }

    // MARK: Readiness

    func ready(_ readiness: Readiness) {
        guard handle != nil else { return }
        let isOpen = readiness.contains(.read) ? handle!.consumeInput() : true
        if call == nil {
            handle!.dropNotifications()
            if !isOpen || !handle!.isAlive() { lose("the server closed the connection") }
            return
        }
        if mustFlush { flush() }
        receive()
    }

    /// While libpq holds unsent bytes, both directions are watched: the server may have to get rid of an answer
    /// before it reads on. A failed write is no verdict: what the server said before is still to be read.
    private func flush() {
        let result = handle!.flush()
        mustFlush = result == .mustWait
        wait(for: mustFlush ? [.read, .write] : .read)
        if result == .failed && !handle!.isAlive() { receive() }
    }

    /// Takes the results that are complete.
    ///
    /// The call has succeeded only when the server is ready for the next one. A statement outside a transaction block
    /// reports its rows BEFORE the commit, which may still fail; and a server that dies in between would otherwise
    /// leave us with good rows of a transaction that never was.
    private func receive() {
        while handle != nil, call != nil, !handle!.isBusy() {
            guard let result = handle!.nextResult() else { return finish() }
            switch result.kind {
            case .rows:
                call?.rows = result
            case .failure:
                if call?.failure == nil { call?.failure = result.failure(address) }
            case .copy:
                call?.failure = .raised(
                    .featureNotSupported, message: "COPY is not supported here", detail: nil, constraint: nil)
                return finish(breaking: "a COPY was under way")
            }
        }
    }

    private func finish(breaking reason: String? = nil) {
        guard let ended = call else { return }
        call = nil
        mustFlush = false
        // A server that a failover left read-only stays so; its name may lead to the new primary by now.
        if case .raised(.readOnlyTransaction, _, _, _) = ended.failure { mustRetire = true }
        if case .outcomeUnknown = ended.failure {
            lose("it was lost in an earlier call")
        } else if let reason {
            lose(reason)
        } else if !handle!.isAlive() {
            lose("the server closed the connection")
        }
        ended.end()
    }

    // MARK: Deadline

    private func armDeadline(_ deadlineNs: Int64) {
        if deadlineTimer != nil && deadlineTimerNs <= deadlineNs { return }
        deadlineTimer?.cancel()
        deadlineTimerNs = deadlineNs
        let restMs = (deadlineNs - Clock.monotonicNs() + 999_999) / 1_000_000
        deadlineTimer = Reactor.schedule(afterMs: restMs) { [weak self] in self?.deadlineTimerFired() }
    }

    private func deadlineTimerFired() {
        deadlineTimer = nil
        guard let deadlineNs = call?.deadlineNs else { return }
        if Clock.monotonicNs() >= deadlineNs {
            lose("no answer before the deadline")
        } else {
            armDeadline(deadlineNs)
        }
    }
}

/// A call under way, from sending to the server's readiness for the next one.
struct ConnectionCall {
    let deadlineNs: Int64?
    var rows: PostgresRows?
    /// The first thing that went wrong.
    var failure: PostgresError?
    private let continuation: CheckedContinuation<Result<PostgresRows, PostgresError>, Never>

    init(deadlineNs: Int64?, _ continuation: CheckedContinuation<Result<PostgresRows, PostgresError>, Never>) {
        self.deadlineNs = deadlineNs
        self.continuation = continuation
    }

    /// Wakes the caller, with `failure`, or with what the call has come to.
    func end(failure: PostgresError? = nil) {
        if let failure = failure ?? self.failure {
            continuation.resume(returning: .failure(failure))
        } else if let rows {
            continuation.resume(returning: .success(rows))
        } else {
            continuation.resume(returning: .failure(.outcomeUnknown(reason: "the server gave no answer")))
        }
    }
}
