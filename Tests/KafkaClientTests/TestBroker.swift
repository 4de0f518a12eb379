import Foundation
import KafkaClient
import Reactor
import Testing

/// A broker for one test: the one named by `CAIRN_TEST_BROKERS`, else a private tansu that ends with `stop`.
final class TestBroker: Sendable {
    let brokers: String
    private let process: Process?

    var settings: KafkaSettings {
        var settings = KafkaSettings(
            brokers: brokers, properties: ["session.timeout.ms": "6000"], clientID: "cairn-test")
        settings.partitionsExpected = 4
        return settings
    }

    init() async throws {
        if let given = ProcessInfo.processInfo.environment["CAIRN_TEST_BROKERS"] {
            brokers = given
            process = nil
            return
        }
        let port = Self.freePort()
        let url = "tcp://127.0.0.1:\(port)"
        let process = Process()
        let program = try #require(Self.findProgram(), "no tansu below CAIRN_TOOLS or .tools: run `make setup`")
        process.executableURL = program
        process.arguments = [
            "broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        brokers = "127.0.0.1:\(port)"
        #expect(await eventually { Self.answers(port) }, "tansu does not listen")
    }

    /// Creates a topic with a name of its own, so that one broker can serve every run.
    func topic(partitions: Int) async throws -> String {
        let name = "test-\(UInt32.random(in: 0 ... .max))"
        try await KafkaAdmin.createTopic(settings, name, partitions: partitions)
        return name
    }

    func stop() {
        guard let process, process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func findProgram() -> URL? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let tools = ProcessInfo.processInfo.environment["CAIRN_TOOLS"].map { URL(fileURLWithPath: $0) }
        let program = (tools ?? root.appendingPathComponent(".tools")).appendingPathComponent("bin/tansu")
        return FileManager.default.isExecutableFile(atPath: program.path) ? program : nil
    }

    /// A port outside the range of outgoing connections, or else a client might connect to itself.
    private static func freePort() -> UInt16 {
        while true {
            let port = UInt16.random(in: 12_000..<30_000)
            if !answers(port) { return port }
        }
    }

    private static func answers(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafeBytes(of: &address) { bytes in
            guard let start = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return false }
            return connect(descriptor, start, socklen_t(bytes.count)) == 0
        }
    }
}

/// Runs `body` with a broker that is gone afterwards.
@Reactor
func withBroker(_ body: @Reactor (TestBroker) async throws -> Void) async throws {
    let broker = try await TestBroker()
    defer { broker.stop() }
    try await body(broker)
}

/// Polls `condition` until it holds or three times `seconds` have passed, which no machine is too slow for.
@Reactor
func eventually(within seconds: Int64 = 20, _ condition: @Reactor () -> Bool) async -> Bool {
    let deadline = Clock.monotonicMs() + seconds * 3_000
    while !condition() {
        if Clock.monotonicMs() > deadline { return false }
        await Reactor.pause(ms: 5)
    }
    return true
}
