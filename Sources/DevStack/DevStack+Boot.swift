import Foundation

extension DevStack {
    /// Longest wait for a server to be ready. Postgres takes 0.1 s here and 0.3 s after a crash, the others less.
    private static let readySeconds = 30.0
    /// How often another free port is tried.
    private static let portsMax = 5

    /// Prepares a server and starts it on a free port.
    func boot(
        _ server: any PrivateServer, at somePort: @Sendable () -> Int = freePort
    ) async throws(DevStackError) {
        try await server.prepare(in: self)
        var attempt = 1
        while true {
            do {
                try await launch(server, port: somePort())
                break
            } catch .failed(_, let reason) where attempt < DevStack.portsMax && isCollision(reason) {
                // Between our look and the server's bind, someone else took the port.
                attempt += 1
            }
        }
        try await server.settle(in: self)
    }

    /// Starts a server and returns when it serves.
    func launch(_ server: any PrivateServer, port: Int) async throws(DevStackError) {
        let logStart = logSize(of: server.log)
        let process = try await begin(server.service.rawValue, server.child(port: port))
        note(server.service, RunningServer(port: port, process: process))
        let deadline = Date.now.addingTimeInterval(DevStack.readySeconds)
        while !server.isReady(process, port: port) {
            guard process.isRunning else {
                let status = await process.wait()
                let said = logText(of: server.log, from: logStart)
                let why = said.split(separator: "\n").map(String.init).first(where: isCollision) ?? lastSentence(said)
                throw .failed(server.service.rawValue, reason: "ended with status \(status): \(why)")
            }
            guard Date.now < deadline else {
                throw .failed(
                    server.service.rawValue,
                    reason: "not ready in \(Int(DevStack.readySeconds)) s: \(lastSentence(logText(of: server.log)))")
            }
            if Task.isCancelled { throw .cancelled }
            await pause(milliseconds: 2)
        }
    }

    /// Runs a tool to its end, in order with nothing else.
    ///
    /// - Returns: its exit status and what it printed.
    func run(_ name: String, _ command: ChildCommand) async throws(DevStackError) -> (status: Int32, output: String) {
        var command = command
        command.log = "\(folder)/\(name)-\(UUID().uuidString).log"
        defer { try? FileManager.default.removeItem(atPath: command.log) }
        let status = await (try begin(name, command)).wait()
        return (status, logText(of: command.log))
    }

    /// Starts a child of the supervisor.
    func begin(_ name: String, _ command: ChildCommand) async throws(DevStackError) -> DevProcess {
        let pid = try await supervisor.begin(command)
        return DevProcess(name: name, pid: pid, logPath: command.log, supervisor: supervisor)
    }
}

/// Whether a server's log says that its port is taken: Postgres and Redis print the system's words, tansu its own.
private func isCollision(_ text: String) -> Bool {
    text.contains("Address already in use") || text.contains("AddrInUse")
}
