import DevStack
import Foundation
import PostgresClient
import Reactor
import RedisClient

/// A fresh private stack, prepared for a contender. It ends with this process, however that ends.
@Reactor
struct BenchStage {
    let stack: DevStack
    let pool: PostgresPool
    /// For looking at what a run has left behind.
    let redis: RedisClient

    nonisolated static let partitions = 8
    nonisolated static let topic = "scans"
    private nonisolated static let outputLines = 15

    /// Boots durable servers and lets the contender make what it needs.
    ///
    /// - Parameter postgresSettings: besides those that all contenders have.
    /// - Throws: `BenchFailure`, `DevStackError`, and what the clients throw.
    static func set(
        for contender: any Contender, postgresSettings: [String: String] = [:]
    ) async throws -> BenchStage {
        var options = DevStackOptions()
        options.partitions = partitions
        options.redisMaxMemory = "1gb"
        // For every contender alike; checkpoints fall between runs.
        options.postgresSettings = ["shared_buffers": "1GB", "max_wal_size": "8GB"]
        options.postgresSettings.merge(postgresSettings) { $1 }
        let stack = try await DevStack.start(options)
        let pool = PostgresPool(
            url: stack.postgresURL, settings: PoolSettings(max: 2, minIdle: 0, acquireTimeoutMs: 10_000),
            applicationName: "cairn bench")
        do {
            let redis = try await RedisClient.forReading(stack.redisURL)
            let stage = BenchStage(stack: stack, pool: pool, redis: redis)
            do {
                try await contender.prepare(stage)
                return stage
            } catch {
                redis.close()
                throw error
            }
        } catch {
            await pool.close()
            await stack.stop()
            throw error
        }
    }

    func stop() async {
        redis.close()
        await pool.close()
        await stack.stop()
    }

    func query(_ sql: String) async throws(PostgresError) -> PostgresRows {
        try await pool.with { connection throws(PostgresError) in try await connection.query(sql) }
    }

    /// Runs statements separated by semicolons.
    func script(_ sql: String) async throws(PostgresError) {
        try await pool.with { connection throws(PostgresError) in try await connection.script(sql) }
    }

    nonisolated static func write(_ text: String, to path: String) throws(BenchFailure) {
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw .failed("\(path) cannot be written")
        }
    }

    /// The end of what a process has printed.
    nonisolated static func lastLines(of process: DevProcess) -> String {
        let text = FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) }
        return lastLines(of: text ?? "")
    }

    /// The end of a program's output, indented.
    nonisolated static func lastLines(of text: String) -> String {
        text.split(separator: "\n").suffix(outputLines).map { "  \($0)" }.joined(separator: "\n")
    }

    // MARK: CPU

    /// CPU seconds so far.
    func usage(of workers: any WorkersUnderTest) async -> CPUSeconds {
        let pids = workers.pids
        let servers = [stack.pid(of: .postgres), stack.pid(of: .redis), stack.pid(of: .kafka)]
        return await Reactor.blocking {
            let seconds = servers.map { ProcessTimes.cpuSeconds(ofTree: $0) }
            return CPUSeconds(
                worker: pids.reduce(0) { $0 + ProcessTimes.cpuSeconds(ofTree: $1) }, postgres: seconds[0],
                redis: seconds[1], broker: seconds[2])
        }
    }
}

/// CPU seconds, user and system, by component.
struct CPUSeconds: Codable, Equatable {
    /// All workers together.
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
