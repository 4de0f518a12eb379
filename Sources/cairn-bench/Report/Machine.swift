import Foundation
import KafkaClient
import PostgresClient
import Reactor
import RedisClient

/// Where the figures come from.
struct Machine: Codable {
    var processor = "unknown"
    var cores = ProcessInfo.processInfo.activeProcessorCount
    /// GiB
    var memory = Double(ProcessInfo.processInfo.physicalMemory) / Double(1 << 30)
    var system = ""
    var postgres = ""
    var redis = ""
    var librdkafka = KafkaLibrary.version

    /// On one line.
    var text: String {
        """
        \(processor), \(cores) cores, \(memory.formatted(1)) GiB, \(system), Postgres \(postgres), Redis \(redis), \
        librdkafka \(librdkafka)
        """
    }

    /// Asks the system and the servers.
    @Reactor
    static func describe(_ stage: BenchStage) async throws -> Machine {
        var machine = Machine()
        let cpuinfo = ProcessTimes.text("/proc/cpuinfo") ?? ""
        if let line = cpuinfo.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
            let name = line.split(separator: ":").last
        {
            machine.processor = name.trimmingCharacters(in: .whitespaces)
        }
        let kernel = (ProcessTimes.text("/proc/sys/kernel/osrelease") ?? "").trimmingCharacters(in: .newlines)
        machine.system = "Linux \(kernel)"
        machine.postgres = try await stage.query("select current_setting('server_version')").text(0, 0)
        machine.redis = try await redisVersion(stage.redis)
        return machine
    }

    @Reactor
    private static func redisVersion(_ redis: RedisClient) async throws -> String {
        let info = try await redis.call(RedisArguments("INFO", "server")).text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
        return line.map { String($0.dropFirst("redis_version:".count)) } ?? "unknown"
    }
}
