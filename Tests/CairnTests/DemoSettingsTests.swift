import Foundation
import Settings
import Testing

@testable import cairn

@Suite("the demo's settings")
struct DemoSettingsTests {
    private static let file = """
        kafka:
          {brokers: "far:9092", group: theirs, topic: their-scans, scores_topic: their-scores,
           properties: {security.protocol: SSL, sasl.password: hidden}}
        postgres: {url: "postgres://u:hidden@far/db", replicas: ["postgres://u:hidden@near/db"], pool: {max: 21}}
        redis: {url: "rediss://:hidden@far", cluster: true, score_ttl: 2h}
        http: {listen: "127.0.0.1:8080"}
        metrics: {listen: "127.0.0.1:9090"}
        refused: {keep: 1d}
        flush: {concurrent: 3}
        log: {level: debug}
        """

    @Test("a demo takes its user's settings but for what its private stack decides")
    func layers() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = "\(folder.path)/user.yaml"
        try Self.file.write(toFile: path, atomically: true, encoding: .utf8)
        let user = try Settings.load(
            file: path, environment: ["CAIRN_STATE_CACHE": "64MiB", "CAIRN_KAFKA_TOPIC": "theirs-too"],
            overrides: ["log.format=text", "redis.url=redis://elsewhere", "kafka.properties.linger.ms=9"])
        let addresses = DemoSettings.Addresses(
            brokers: "127.0.0.1:1", postgresURL: "postgres://cairn@127.0.0.1:2/cairn", redisURL: "redis://127.0.0.1:3")
        let demo = try DemoSettings(addresses, folder: folder.path, over: user)

        let plain = try Settings.load(
            file: nil, environment: [:],
            overrides: ["kafka.properties.session.timeout.ms=6000", "kafka.properties.fetch.wait.max.ms=200"],
            currentDirectory: "/nonexistent")
        let chosen = [
            "postgres.pool.max": "21", "redis.score_ttl": "2h", "flush.concurrent": "3", "log.level": "debug",
            "log.format": "text", "state.cache": "64MiB",
        ]
        let decided = [
            "kafka.brokers": addresses.brokers, "postgres.url": addresses.postgresURL, "redis.url": addresses.redisURL,
            "http.listen": "127.0.0.1:0", "metrics.listen": "127.0.0.1:0", "refused.keep": "3650d",
        ]
        #expect(demo.effective.listing.count == plain.listing.count)
        for (line, other) in zip(demo.effective.listing, plain.listing) {
            let wanted = chosen[line.name] ?? decided[line.name] ?? other.value
            #expect(line.name == other.name && line.value == wanted, "\(line)")
        }

        let worker = try SharedOptions.parse(demo.arguments)
        let settings = try Settings.load(file: worker.config, environment: [:], overrides: worker.overrides)
        #expect(settings.listing == demo.effective.listing)
        #expect(!demo.arguments.contains { $0.contains("hidden") })
    }
}
