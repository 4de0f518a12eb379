import FlowCore
import Foundation
import HuntCore
import KafkaClient
import Logging
import PostgresClient
import Reactor
import RedisClient
import Settings
import Storage
import Worker

/// A worker with all its parts, as the settings say.
@Reactor
final class WorkerAssembly {
    let worker: Worker
    private let pool: PostgresPool
    private let redis: RedisClient
    private let consumer: KafkaConsumer
    private let producer: KafkaProducer
    private let source: KafkaScanSource
    private let purge: RefusedPurge
    private let logger: Logger
    private let topic: String

    /// Checks every part, then joins the group.
    ///
    /// - Throws: `CommandFailure`, one line that names the culprit and the remedy.
    static func start(_ settings: Settings, _ logger: Logger) async throws -> WorkerAssembly {
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        let pool = PostgresPool(
            url: settings.postgres.url, settings: settings.poolSettings, applicationName: "cairn worker")
        do {
            return try await start(settings, logger, pool)
        } catch {
            await pool.close()
            throw Database.failure(error)
        }
    }

    private static func start(
        _ settings: Settings, _ logger: Logger, _ pool: PostgresPool
    ) async throws -> WorkerAssembly {
        try await Migrator(pool: pool).verify()
        let book = try await DefinitionStore(pool: pool).ruleBook()
        let redis = try await connectRedis(settings, logger)
        do {
            let partitions = try await Topics(settings).prepare()
            let assembly = try WorkerAssembly(settings, logger, pool, redis, book, partitions: partitions)
            logger.info(
                "worker started",
                metadata: [
                    "owner": "\(Self.owner)", "topic": "\(settings.kafka.topic)", "group": "\(settings.kafka.group)",
                    "partitions": "\(partitions)", "librdkafka": "\(KafkaLibrary.version)",
                    "hunts": "\(book.hunts.count)", "generation": "\(book.generation)",
                ])
            return assembly
        } catch {
            redis.close()
            throw error
        }
    }

    /// Redis may be away: scores do not depend on it. What no time mends (a wrong password) stops the start.
    static func connectRedis(_ settings: Settings, _ logger: Logger) async throws -> RedisClient {
        do throws(RedisError) {
            let client = try RedisClient(settings.redisSettings)
            do throws(RedisError) {
                try await client.connect()
                logger.info(
                    "redis connected",
                    metadata: [
                        "send_buffer_granted": "\(client.grantedSendBuffer ?? 0)",
                        "receive_buffer_granted": "\(client.grantedReceiveBuffer ?? 0)",
                    ])
            } catch {
                if case .refused = error { throw error }
                logger.warning("the hot tier is away, everything else goes on: \(error.description)")
            }
            return client
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }

    /// Records of the feed in librdkafka's queue. More would take memory and be no sooner at the brokers.
    private static let feedQueueMax = 20_000

    private init(
        _ settings: Settings, _ logger: Logger, _ pool: PostgresPool, _ redis: RedisClient, _ book: RuleBook,
        partitions: Int
    ) throws {
        self.pool = pool
        self.redis = redis
        self.logger = logger
        topic = settings.kafka.topic
        var kafka = settings.kafkaSettings
        kafka.partitionsExpected = partitions
        kafka.producedMax = Self.feedQueueMax
        do throws(KafkaError) {
            consumer = try KafkaConsumer(kafka, group: settings.kafka.group, topic: settings.kafka.topic)
            producer = try KafkaProducer(kafka)
        } catch {
            throw CommandFailure.failed(error.description)
        }
        source = KafkaScanSource(consumer: consumer)
        let ledger = PostgresLedger(
            pool: pool, topic: settings.kafka.topic, group: settings.kafka.group, owner: Self.owner)
        let slugs = SlugBook()
        let cache = RedisScoreCache(client: redis) { slugs[$0] }
        let feed = KafkaScoreFeed(producer: producer, topic: settings.kafka.scoresTopic) { slugs[$0] }
        let engine = FlowEngine(
            limits: settings.flowLimits, book: book, source: source, decoder: ScanRecordDecoder(), ledger: ledger,
            cache: cache, feed: feed, seed: UInt64.random(in: .min ... .max))
        slugs.engine = engine
        let telemetry = Telemetry()
        worker = Worker(engine: engine, telemetry: telemetry, logger: logger)
        purge = RefusedPurge(pool: pool, keepMs: settings.refused.keepMs)
        wire(engine, feed, telemetry)
    }

    private func wire(_ engine: FlowEngine, _ feed: KafkaScoreFeed, _ telemetry: Telemetry) {
        source.attach(engine) { [worker] in worker.wantTurn() }
        feed.attach(engine) { telemetry.fed(afterMs: $0) }
        producer.onWritable = { [worker] in worker.wantTurn() }
        let log: @Reactor (KafkaError) -> Void = { [logger] in logger.warning("\($0.description)") }
        consumer.onError = log
        producer.onError = log
        let debug: @Reactor (KafkaLogLine) -> Void = { [logger] line in
            logger.debug("librdkafka: \(line.message)", metadata: ["facility": "\(line.facility)"])
        }
        consumer.onLog = debug
        producer.onLog = debug
        telemetry.logEnd = { [source] in source.logEnd(of: $0) }
        telemetry.pool = { [pool] in PoolReport(pool.stats) }
        telemetry.hotClient = { [redis] in HotClientReport(redis.stats, isUp: redis.isUp) }
        worker.start()
        purge.start()
    }

    func metricsPage() -> String { worker.telemetry.page(of: worker.engine, topic: topic) }

    /// Drains, tells the log the last positions, leaves the group and closes everything; about 5 s at most.
    func stop() async {
        purge.stop()
        let isDone = await worker.drain(timeoutMs: 3_500)
        if !isDone { logger.warning("not everything was published in time; the next owner reads it again") }
        worker.engine.hint()
        await consumer.close()
        await producer.close()
        redis.close()
        await pool.close()
        logger.info("worker stopped", metadata: ["drained": "\(isDone)"])
    }

    /// How this worker is called in lease table and log: host, process and start, so that no two are called alike.
    static let owner: String = {
        let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) ?? "localhost"
        return "\(host)-\(ProcessInfo.processInfo.processIdentifier)-\(String(Clock.epochMs(), radix: 36))"
    }()
}

/// Slugs of hunts by database id, by the definitions that the engine goes by at the moment.
@Reactor
private final class SlugBook {
    weak var engine: FlowEngine?
    nonisolated init() {}

    subscript(huntID: Int32) -> [UInt8]? { engine?.book.hunt(id: huntID)?.slug }
}

extension PoolReport {
    fileprivate init(_ stats: PoolStats) {
        self.init()
        open = stats.open
        idle = stats.idle
        inUse = stats.inUse
        waiting = stats.waiting
        timeouts = stats.timeouts
    }
}

extension HotClientReport {
    fileprivate init(_ stats: RedisStats, isUp: Bool) {
        self.init()
        calls = stats.calls
        timeouts = stats.timeouts
        retries = stats.retries
        lateReplies = stats.lateReplies
        self.isUp = isUp
    }
}
