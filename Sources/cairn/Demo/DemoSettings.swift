import Foundation
import Settings

/// What a demo, its workers and its server run with: the private stack's own settings, and for everything else the user's.
struct DemoSettings {
    /// All of them, checked.
    let effective: Settings
    /// What `cairn worker` and `cairn serve` need to come to the same settings where no `CAIRN_` variable is set.
    let arguments: [String]

    /// What the private stack decides; a name that ends with a dot is a whole group. The user's values would lead
    /// elsewhere, or fit another broker. Every secret is among them.
    private static let decided = [
        "kafka.", "postgres.url", "postgres.replicas", "redis.url", "redis.cluster", "http.", "metrics.",
        "refused.keep",
    ]

    /// Where the private stack is.
    struct Addresses {
        var brokers: String
        var postgresURL: String
        var redisURL: String
    }

    /// - Parameters:
    ///   - folder: where the stack's part is written as `cairn.yaml`.
    ///   - user: what the user chose, in whatever layer.
    /// - Throws: `CommandFailure`.
    init(_ addresses: Addresses, folder: String, over user: Settings) throws {
        let path = "\(folder)/cairn.yaml"
        do {
            try Data(Self.text(addresses).utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure.failed("\(path) cannot be written: \(error.localizedDescription)")
        }
        let chosen = user.listing.filter { $0.source != .builtIn && !Self.isDecided($0.name) }
        let overrides = chosen.map { "\($0.name)=\($0.value)" }
        do {
            effective = try Settings.load(file: path, environment: [:], overrides: overrides)
        } catch {
            throw CommandFailure.failed(error.description)
        }
        arguments = ["--config", path] + overrides.flatMap { ["--set", $0] }
    }

    private static func isDecided(_ name: String) -> Bool {
        decided.contains { $0.hasSuffix(".") ? name.hasPrefix($0) : name == $0 }
    }

    /// Refusals are kept for longer than usual: the hunt's clock is not the wall clock, and old ones are purged. Fetches
    /// wait for longer: the private broker walks over a partition's batches to find its place, and answers with nothing
    /// when that took longer than the wait (docs/reliability.md).
    private static func text(_ addresses: Addresses) -> String {
        """
        kafka: {brokers: "\(addresses.brokers)", properties: {session.timeout.ms: 6000, fetch.wait.max.ms: 200}}
        postgres: {url: "\(addresses.postgresURL)"}
        redis: {url: "\(addresses.redisURL)"}
        http: {listen: "127.0.0.1:0"}
        metrics: {listen: "127.0.0.1:0"}
        refused: {keep: 3650d}

        """
    }
}
