import Glibc
import Reactor

/// From a name to a server that is ready: resolve, connect, TLS, log in.
extension Connection {
    /// Ends in `opened` or `ended`, after the connect timeout at the latest.
    func open() {
        phase = .resolving
        let timeoutMs = plan.settings.connectTimeoutMs
        openTimer = Reactor.schedule(afterMs: timeoutMs) {
            let hint =
                switch self.phase {
                case .resolving: "check the resolver, or give its address instead"
                case .securing: "it may speak no TLS, check redis:// against rediss://"
                default: "check that it runs and that no firewall is between"
                }
            self.end(.unreachable("Redis at \(self.server) does not answer within \(timeoutMs) ms: \(hint)"))
        }
        if let addresses = SocketAddress.numeric(server) {
            // In a turn of its own, as after a resolver: the owner has finished what it was doing by then.
            return Reactor.submit { self.connect(toOneOf: addresses) }
        }
        let server = server
        Reactor.task {
            do throws(RedisError) {
                let addresses = try await Reactor.blocking { () throws(RedisError) in
                    try SocketAddress.resolve(server)
                }
                self.connect(toOneOf: addresses)
            } catch {
                self.end(error)
            }
        }
    }

    private func connect(toOneOf addresses: [SocketAddress]) {
        if phase != .resolving { return }
        phase = .connecting
        self.addresses = addresses.reversed()
        connectNext(after: 0)
    }

    /// Tries the next address; `failure` is the errno of the one before.
    private func connectNext(after failure: Int32) {
        var failure = failure
        while let address = addresses.popLast() {
            failure = socket.startConnecting(to: address, plan.settings)
            if failure != 0 { continue }
            watch = Watch(socket.descriptor, for: .write) { _ in self.connectingEnded() }
            return
        }
        socket.close()
        end(
            .unreachable(
                "Redis at \(server) cannot be connected (\(describe(errno: failure))): "
                    + "start it, or correct host and port in the URL"))
    }

    private func connectingEnded() {
        watch?.stop()
        let failure = socket.pendingError()
        if failure != 0 { return connectNext(after: failure) }
        session = plan.newSession(with: server.host)
        watch = Watch(socket.descriptor, for: .read) { self.isReady(for: $0) }
        if session.isActive {
            phase = .securing
            goOnSecuring()
        } else {
            greet()
        }
    }

    func goOnSecuring() {
        let progress = session.handshake()
        session.drain(into: &encrypted)
        flush()
        if phase != .securing { return }
        switch progress {
        case .wantsMore: return
        case .done: greet()
        case .failed(let reason):
            end(
                .unreachable(
                    "Redis at \(server) cannot be trusted or speaks no TLS (\(reason)): "
                        + "check rediss://, its certificate and the trusted authorities"))
        }
    }

    /// Log-in, database and a PING in one go. The first answer that is no success ends the attempt.
    private func greet() {
        phase = .greeting
        let commands = plan.greeting()
        for (position, command) in commands.enumerated() {
            let call = Call(Command(command)) { result in
                guard self.phase == .greeting else { return }
                let isLast = position == commands.count - 1
                switch result {
                // A user who may run scripts but not PING is welcome.
                case .success(.error(let text)) where !(isLast && text.hasPrefix("NOPERM")):
                    self.end(.refusal(text, by: self.server))
                case .success: if isLast { self.opened() }
                case .failure(let error): self.end(error)
                }
            }
            _ = send(call)
        }
    }
}
