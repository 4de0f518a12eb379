import Glibc
import Reactor

/// Bytes in and out.
extension Connection {
    /// So many reads per turn, so that one busy connection leaves room for the others.
    private static let readsPerTurnMax = 16

    func isReady(for readiness: Readiness) {
        if readiness.contains(.write) { flush() }
        if readiness.contains(.read) { readAvailable() }
    }

    // MARK: Out

    /// One write for all calls of a turn.
    func scheduleFlush() {
        if isFlushScheduled { return }
        isFlushScheduled = true
        Reactor.submit {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    func flush() {
        if phase == .closed { return }
        if session.isActive {
            encryptOutput()
            send(&encrypted)
        } else {
            send(&output)
        }
    }

    private func encryptOutput() {
        if output.count == 0 || phase == .securing { return }
        output.take { bytes in
            // What fails here fails at the next read as well, with the reason.
            _ = session.write(bytes)
            return bytes.count
        }
        session.drain(into: &encrypted)
    }

    private func send(_ buffer: inout OutputBuffer) {
        var failure: Int32 = 0
        while buffer.count > 0, failure == 0 {
            buffer.take { bytes in
                if let count = socket.send(bytes) { return count }
                if errno != EINTR { failure = errno }
                return 0
            }
        }
        watch?.wait(for: failure == EAGAIN ? [.read, .write] : .read)
        // Any other failure: reading is next and tells why, after the answers that are still there.
    }

    // MARK: In

    func readAvailable() {
        for _ in 0..<Self.readsPerTurnMax {
            guard let count = socket.receive(into: plan.received.bytes) else {
                if errno == EINTR { continue }
                if errno != EAGAIN { end(lost(describe(errno: errno))) }
                return
            }
            if count == 0 { return end(lost("the server closed it")) }
            lastHeardNs = Clock.monotonicNs()
            take(UnsafeRawBufferPointer(rebasing: plan.received.bytes[..<count]))
            if phase == .closed || count < plan.received.bytes.count { return }
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if !session.isActive { return takeDecrypted(bytes) }
        session.receive(bytes)
        if phase == .securing { goOnSecuring() }
        if phase == .securing || phase == .closed { return }
        while phase != .closed {
            var count = 0
            let progress = session.read(into: plan.decrypted.bytes) { count = $0.count }
            switch progress {
            case .done: takeDecrypted(UnsafeRawBufferPointer(rebasing: plan.decrypted.bytes[..<count]))
            case .wantsMore: return
            case .failed(let reason): return end(lost(reason))
            }
        }
    }

    private func takeDecrypted(_ bytes: UnsafeRawBufferPointer) {
        if !reader.feed(bytes) { return violated("a reply too large for memory") }
        while phase != .closed {
            switch reader.next() {
            case .incomplete: return
            case .violation(let reason): return violated(reason)
            case .reply(let reply): answer(reply)
            }
        }
    }

    private func answer(_ reply: RedisReply) {
        guard let (first, wasReported) = expected.popFirst() else {
            if case .error(let text) = reply { return end(RedisError.refusal(text, by: server)) }
            return violated("an answer to nothing")
        }
        guard let call = first.call else { return }
        if call.isDone || wasReported, phase == .up { plan.counters.stats.lateReplies += 1 }
        call.wasAnswered(reply)
    }

    private func violated(_ reason: String) {
        end(.protocolViolation("what answers at \(server) is no Redis (\(reason)): correct host and port in the URL"))
    }

    /// While opening, nothing was sent that matters, so it is as if the server could not be reached.
    func lost(_ reason: String) -> RedisError {
        if phase == .up { return .connectionLost("the connection to Redis at \(server) was lost (\(reason))") }
        return .unreachable(
            "Redis at \(server) ends the connection while it opens (\(reason)): check redis:// against rediss:// "
                + "and the server's log")
    }
}
