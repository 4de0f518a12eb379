import FlowCore
import KafkaClient
import Logging
import PostgresClient
import Reactor
import ReadAPI
import RedisClient
import Settings
import Storage

/// `cairn serve` with all its parts, as the settings say.
@Reactor
final class ServeAssembly {
    nonisolated let server: ReadServer
    /// Stands behind the server among the services: it ends its streams before the server waits for them.
    nonisolated let streams: BoardStreams
    private static let meetingMs: Int64 = 2_500

    private let backends: Backends
    private let guarded: GuardedReads
    private let redis: RedisClient
    private let watch: ReplicaWatch
    private var watching: Task<Void, Never>?
    private let follower: Follower
    private let hotTier: ServeHotTier

    /// Checks the schema, then begins to follow. Feed and hot tier may be away.
    ///
    /// - Throws: `CommandFailure`, one line that names the culprit and the remedy.
    static func start(_ settings: Settings, _ logger: Logger) async throws -> ServeAssembly {
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        let redis = try await WorkerAssembly.connectRedis(settings, logger)
        let assembly = ServeAssembly(settings, redis, logger)
        do {
            try await Migrator(pool: assembly.backends[.primary]).verify()
        } catch {
            await assembly.stop()
            throw Database.failure(error)
        }
        assembly.watching = Reactor.task { [watch = assembly.watch] in await watch.run() }
        await assembly.meetReplicas()
        assembly.follower.start()
        assembly.hotTier.start()
        return assembly
    }

    private init(_ settings: Settings, _ redis: RedisClient, _ logger: Logger) {
        let boards = BoardStore()
        let backends = Backends(settings)
        let guarded = GuardedReads(
            ReadGuardSettings(replicas: backends.replicas.count, connectionsMax: settings.postgres.pool.max))
        let cuts = CutReader(topic: settings.kafka.topic, group: settings.kafka.group)
        let follower = Follower(
            store: boards, origin: PostgresOrigin(backends, cuts: cuts, guarded: guarded),
            feed: KafkaChangeFeed(KafkaFeedReader(settings.kafkaSettings, topic: settings.kafka.scoresTopic), logger),
            seed: UInt64.random(in: .min ... .max), logger: logger)
        let limits = settings.readLimits
        streams = BoardStreams(store: boards, streamsMax: limits.streamsMax)
        let hotTier = ServeHotTier(
            boards: boards, backends: backends, guarded: guarded, redis: redis, scoreTTLMs: settings.redis.scoreTTLMs)
        server = ReadServer(
            host: settings.http.listen.host, port: settings.http.listen.port, store: boards,
            explainer: PostgresExplainer(backends: backends, guarded: guarded, reader: PlayerWhyReader()),
            streams: streams, assets: { LivePage.asset($0) }, limits: limits, logger: logger,
            onPlayerAsked: { [refill = hotTier.refill] in refill.wanted(huntID: $0, player: $1) },
            metrics: {
                await follower.stats.metrics(nowMs: Clock.epochMs()) + guarded.metrics() + hotTier.metrics()
            })
        self.backends = backends
        self.guarded = guarded
        self.redis = redis
        watch = ReplicaWatch(guarded) { backend in try? await LogPosition.read(backends[backend]) }
        self.follower = follower
        self.hotTier = hotTier
    }

    /// Waits until it is known which replicas are current, or for so long: the first loading is the largest.
    private func meetReplicas() async {
        let deadline = Clock.monotonicMs() + Self.meetingMs
        while guarded.replicas(within: PostgresOrigin.currentMs).count < backends.replicas.count,
            Clock.monotonicMs() < deadline
        { await Reactor.pause(ms: 20) }
    }

    func stop() async {
        hotTier.stop()
        watching?.cancel()
        await follower.stop()
        redis.close()
        await backends.close()
    }
}
