import Foundation
import Reactor
import RedisClient

/// A private redis-server on 127.0.0.1, without persistence, ended by `stop` (or with the last reference).
final class RedisServer: @unchecked Sendable {
    let port: Int
    private let arguments: [String]
    let directory: URL
    private let process = Lock<Process?>(nil)

    /// Starts a server. `port` must be free; `plain: false` leaves it to `arguments` which ports are opened.
    init(port: Int? = nil, plain: Bool = true, _ arguments: String...) async throws {
        let port = port ?? FreePort.find()
        self.port = port
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-test-\(port)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.arguments =
            ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory.path]
            + ["--logfile", directory.appendingPathComponent("log").path]
            + (plain ? ["--port", String(port)] : []) + arguments
        try await start()
    }

    deinit { stop() }

    var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts it (again) and returns when it accepts connections.
    func start() async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-server"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process.set(process)
        try await eventually("redis-server listens on \(port)") { FreePort.isTaken(self.port) }
    }

    /// SIGKILL, then waits for the end.
    func stop() {
        guard let process = process.take() else { return }
        kill(process.processIdentifier, SIGCONT)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    func signal(_ number: Int32) {
        process.with { if let process = $0 { kill(process.processIdentifier, number) } }
    }
}

/// A value behind a lock, for fixtures that tests touch from several tasks.
final class Lock<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func with<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.withLock { body(&value) }
    }

    func set(_ new: Value) { with { $0 = new } }
}

extension Lock {
    func take<Wrapped>() -> Wrapped? where Value == Wrapped? {
        with { value in
            defer { value = nil }
            return value
        }
    }
}

enum FreePort {
    /// Below the ephemeral range, and with port + 10,000 (the cluster bus) free as well.
    static func find() -> Int {
        while true {
            let port = Int.random(in: 11_000..<20_000)
            if canBind(port), canBind(port + 10_000) { return port }
        }
    }

    static func isTaken(_ port: Int) -> Bool {
        with(port) { connect($0, $1, $2) == 0 }
    }

    private static func canBind(_ port: Int) -> Bool {
        with(port) { bind($0, $1, $2) == 0 }
    }

    /// A descriptor that accepts connections.
    static func listen(_ port: Int) -> Int32 {
        var listening: Int32 = -1
        _ = with(port, keepOpen: true) { descriptor, address, length in
            listening = descriptor
            return bind(descriptor, address, length) == 0 && Glibc.listen(descriptor, 8) == 0
        }
        return listening
    }

    private static func with(
        _ port: Int, keepOpen: Bool = false, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { if !keepOpen { close(descriptor) } }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

struct NeverHappened: Error, CustomStringConvertible {
    let description: String
}

/// Polls a condition until it holds, for 30 s at most.
@Reactor
func eventually(_ what: String, _ condition: @Reactor () async throws -> Bool) async throws {
    let deadline = Clock.monotonicMs() + 30_000
    while try await !condition() {
        if Clock.monotonicMs() > deadline { throw NeverHappened(description: "never happened: \(what)") }
        await Reactor.pause(ms: 5)
    }
}

/// Runs a tool of the system to its end.
func run(_ tool: String, _ arguments: String...) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
        process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
        do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    if status != 0 { throw NeverHappened(description: "\(tool) exits with \(status)") }
}

@Reactor
extension RedisClient {
    /// A client that is connected already.
    static func connected(_ url: String, _ change: (inout RedisSettings) -> Void = { _ in }) async throws -> RedisClient
    {
        var settings = RedisSettings(url: url)
        settings.connectTimeoutMs = 10_000
        change(&settings)
        let client = try RedisClient(settings)
        try await client.connect()
        return client
    }

    @discardableResult
    func say(_ words: String...) async throws(RedisError) -> RedisReply {
        var arguments = RedisArguments()
        for word in words { arguments.append(word) }
        return try await call(arguments, routedBy: words.count > 1 ? Array(words[1].utf8) : nil)
    }
}

/// What `connect` of these settings throws; nil when it works.
@Reactor
func failureOfConnecting(_ url: String, _ change: (inout RedisSettings) -> Void = { _ in }) async -> RedisError? {
    var settings = RedisSettings(url: url)
    settings.connectTimeoutMs = 10_000
    change(&settings)
    do throws(RedisError) {
        let client = try RedisClient(settings)
        defer { client.close() }
        try await client.connect()
        return nil
    } catch {
        return error
    }
}
