import Foundation

@testable import DevStack

/// Whether `condition` came true before the deadline; looked at every 2 ms.
func eventually(within seconds: Double, _ condition: () -> Bool) async -> Bool {
    let deadline = Date.now.addingTimeInterval(seconds)
    while !condition() {
        if Date.now >= deadline { return false }
        await pause(milliseconds: 2)
    }
    return true
}

/// What a server of 127.0.0.1 answers to `request` at once, up to 4 KiB; nil when nobody listens.
func answer(of port: Int, to request: String) -> String? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard connected == 0 else { return nil }
    _ = request.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    var reply = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &reply, reply.count, 0)
    return count < 0 ? nil : String(decoding: reply[..<count], as: UTF8.self)
}

/// The living processes that have to do with `folder`: by their command line, environment or working directory.
func processes(around folder: String) -> [pid_t] {
    let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    return pids.filter { pid in
        guard let entry = ProcessEntry(pid), !entry.hasEnded, pid != getpid() else { return false }
        let working = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
        return working?.hasPrefix(folder) == true
            || ["cmdline", "environ"].contains { logText(of: "/proc/\(pid)/\($0)").contains(folder) }
    }
}

/// The number of the System V segment that the stack's Postgres holds.
func sharedMemory(of stack: DevStack) -> Int32? {
    PostgresServer.sharedMemory(ofData: "\(stack.folder)/postgres/data")
}

/// Whether the kernel lists a System V segment of this number.
func sharedMemoryExists(_ segment: Int32) -> Bool {
    logText(of: "/proc/sysvipc/shm").split(separator: "\n").contains { line in
        line.split(separator: " ").dropFirst().first.flatMap { Int32($0) } == segment
    }
}

extension DevStack {
    /// What psql prints for `statement` on the database of `url`, without line ends; nil when it fails.
    func query(_ url: String, _ statement: String) async throws -> String? {
        let psql = try await spawn("query", "psql", ["-X", "-q", "-A", "-t", "-d", url, "-c", statement])
        let status = await psql.wait()
        let printed = logText(of: psql.logPath).trimmingCharacters(in: .whitespacesAndNewlines)
        try FileManager.default.removeItem(atPath: psql.logPath)
        return status == 0 ? printed : nil
    }

    /// The broker's topics as the broker's own tool lists them.
    func listedTopics() async throws -> String {
        let programs = try Programs(for: [.kafka])
        let list = try await spawn("topics", programs.tansu, ["topic", "list", "--broker", "tcp://\(brokers)"])
        await list.wait()
        defer { try? FileManager.default.removeItem(atPath: list.logPath) }
        return logText(of: list.logPath)
    }

    /// Redis' answer to one inline command.
    func redis(_ command: String) -> String? { answer(of: port(of: .redis), to: command + "\r\n") }
}

/// The options of most tests: nothing is flushed to disk.
func quick(_ services: Set<DevService> = [.postgres, .redis, .kafka]) -> DevStackOptions {
    var options = DevStackOptions()
    options.durable = false
    options.services = services
    return options
}

/// Runs `body` with a stack and stops it in any case.
func withStack(_ options: DevStackOptions, _ body: (DevStack) async throws -> Void) async throws {
    let stack = try await DevStack.start(options)
    do {
        try await body(stack)
    } catch {
        await stack.stop()
        throw error
    }
    await stack.stop()
}
