import FlowCore
import KafkaClient
import Logging
import PostgresClient
import Reactor
import ReadAPI
import Settings
import Storage

/// `cairn serve` with all its parts, as the settings say.
@Reactor
final class ServeAssembly {
    nonisolated let server: ReadServer
    /// Stands behind the server among the services: it ends its streams before the server waits for them.
    nonisolated let streams: BoardStreams
    private let boards: BoardStore
    private let primary: PostgresPool
    private let replicas: [PostgresPool]
    private let follower: Follower

    /// Checks the schema, then begins to follow. The feed may be away.
    ///
    /// - Throws: `CommandFailure`, one line that names the culprit and the remedy.
    static func start(_ settings: Settings, _ logger: Logger) async throws -> ServeAssembly {
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        let assembly = ServeAssembly(settings, logger)
        do {
            try await Migrator(pool: assembly.primary).verify()
        } catch {
            await assembly.stop()
            throw Database.failure(error)
        }
        assembly.follower.start()
        return assembly
    }

    private init(_ settings: Settings, _ logger: Logger) {
        func pool(_ url: String) -> PostgresPool {
            PostgresPool(url: url, settings: settings.poolSettings, applicationName: "cairn serve")
        }
        let boards = BoardStore()
        self.boards = boards
        streams = BoardStreams(store: boards, streamsMax: ReadLimits().streamsMax)
        primary = pool(settings.postgres.url)
        replicas = settings.postgres.replicas.map(pool)
        let origin = PostgresOrigin(
            primary: primary, replicas: replicas,
            cuts: CutReader(topic: settings.kafka.topic, group: settings.kafka.group))
        let feed = KafkaChangeFeed(KafkaFeedReader(settings.kafkaSettings, topic: settings.kafka.scoresTopic))
        follower = Follower(
            store: boards, origin: origin, feed: feed, seed: UInt64.random(in: .min ... .max), logger: logger)
        let follower = follower
        server = ReadServer(
            host: settings.http.listen.host, port: settings.http.listen.port, store: boards, explainer: NoExplainer(),
            streams: streams, assets: { LivePage.asset($0) }, limits: ReadLimits(), logger: logger,
            metrics: { await follower.stats.metrics(nowMs: Clock.epochMs()) })
    }

    func stop() async {
        await follower.stop()
        await primary.close()
        for replica in replicas { await replica.close() }
    }
}

private struct NoExplainer: PlayerExplaining {
    func explain(hunt: String, player: String) async throws(ReadFailure) -> PlayerExplanation? { nil }
}
