import DevStack
import Foundation
import HuntFile
import PostgresClient
import Reactor

/// A fresh private stack with the benchmark's hunt in it. It ends with this process, however that ends.
@Reactor
struct BenchStage {
    let stack: DevStack
    let pool: PostgresPool
    /// The program under test.
    let program: String
    /// The settings file of its commands.
    let config: String

    nonisolated static let partitions = 8
    private nonisolated static let outputLines = 15

    /// Boots durable servers, migrates and imports.
    ///
    /// - Parameters:
    ///   - program: path of a `cairn`.
    ///   - further: lines of its settings file.
    /// - Throws: `BenchFailure`, `DevStackError`.
    static func set(program: String, further: String = "") async throws -> BenchStage {
        var options = DevStackOptions()
        options.partitions = partitions
        options.redisMaxMemory = "1gb"
        // As for the other systems that cairn is compared with; checkpoints fall between runs.
        options.postgresSettings = ["shared_buffers": "1GB", "max_wal_size": "8GB"]
        let stack = try await DevStack.start(options)
        do {
            return try await prepare(stack, program: program, further: further)
        } catch {
            await stack.stop()
            throw error
        }
    }

    private static func prepare(_ stack: DevStack, program: String, further: String) async throws -> BenchStage {
        let config = "\(stack.folder)/cairn.yaml"
        try write(settings(of: stack) + further, to: config)
        let hunt = "\(stack.folder)/hunt.yaml"
        try write(HuntFile.render(BenchHunt.definition), to: hunt)
        let pool = PostgresPool(
            url: stack.postgresURL, settings: PoolSettings(max: 2, minIdle: 0, acquireTimeoutMs: 10_000),
            applicationName: "cairn bench")
        let stage = BenchStage(stack: stack, pool: pool, program: program, config: config)
        try await stage.run("migrate", ["migrate", "up"])
        try await stage.run("import", ["hunt", "import", hunt])
        return stage
    }

    /// Refusals are kept for longer than usual: the hunt's clock is not the wall clock, and old ones are purged. The
    /// short session timeout shortens the test broker's group join.
    private static func settings(of stack: DevStack) -> String {
        """
        kafka: {brokers: "\(stack.brokers)", properties: {session.timeout.ms: 6000}}
        postgres: {url: "\(stack.postgresURL)"}
        redis: {url: "\(stack.redisURL)"}
        metrics: {listen: "127.0.0.1:0"}
        refused: {keep: 3650d}

        """
    }

    private static func write(_ text: String, to path: String) throws(BenchFailure) {
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw .failed("\(path) cannot be written")
        }
    }

    /// Runs a command of the program to its end.
    ///
    /// - Throws: `BenchFailure` with the last lines of what it printed, inexact for exit code 3.
    func run(_ name: String, _ arguments: [String]) async throws {
        let process = try await stack.spawn(name, program, arguments + ["--config", config])
        let status = await process.wait()
        if status == 0 { return }
        let message = "cairn \(arguments.joined(separator: " ")) ended with \(status):\n\(Self.lastLines(of: process))"
        throw status == 3 ? BenchFailure.inexact(message) : BenchFailure.failed(message)
    }

    func startWorker() async throws -> BenchWorker {
        BenchWorker(process: try await stack.spawn("worker", program, ["worker", "--config", config]))
    }

    func stop() async {
        await pool.close()
        await stack.stop()
    }

    /// The end of what a process has printed.
    nonisolated static func lastLines(of process: DevProcess) -> String {
        let text = FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) }
        return (text ?? "").split(separator: "\n").suffix(outputLines).map { "  \($0)" }.joined(separator: "\n")
    }

    // MARK: CPU

    /// CPU seconds so far.
    func usage(of worker: BenchWorker) async -> CPUSeconds {
        let roots = [
            worker.process.pid, stack.pid(of: .postgres), stack.pid(of: .redis), stack.pid(of: .kafka),
        ]
        let seconds = await Reactor.blocking { roots.map { ProcessTimes.cpuSeconds(ofTree: $0) } }
        return CPUSeconds(worker: seconds[0], postgres: seconds[1], redis: seconds[2], broker: seconds[3])
    }
}

/// CPU seconds, user and system, by component.
struct CPUSeconds: Codable, Equatable {
    var worker = 0.0
    /// The server with all its backends.
    var postgres = 0.0
    var redis = 0.0
    var broker = 0.0

    var sum: Double { worker + postgres + redis + broker }

    static func - (left: CPUSeconds, right: CPUSeconds) -> CPUSeconds {
        CPUSeconds(
            worker: left.worker - right.worker, postgres: left.postgres - right.postgres,
            redis: left.redis - right.redis, broker: left.broker - right.broker)
    }

    static func / (left: CPUSeconds, right: Double) -> CPUSeconds {
        CPUSeconds(
            worker: left.worker / right, postgres: left.postgres / right, redis: left.redis / right,
            broker: left.broker / right)
    }
}
