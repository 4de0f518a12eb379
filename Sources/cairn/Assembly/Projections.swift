import KafkaClient
import Reactor
import RedisClient
import Settings
import Storage

/// Feed and hot tier for a command that changes scores.
enum Projections {
    /// The waits of a worker would be too short for a command: nobody waits behind it.
    private static let callTimeoutMs: Int64 = 2_000

    private static let remedy = "what it still holds is gone after redis.score_ttl"

    /// Runs `body`, then closes both. Redis may be away: its keys die by themselves, which a note says.
    ///
    /// - Throws: `CommandFailure` when Kafka cannot be reached, and what `body` throws.
    @Reactor
    static func with<Value>(
        _ settings: Settings, hunt: String, _ body: @Reactor (ProjectionWriter) async throws -> Value
    ) async throws -> Value {
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        _ = try await Topics(settings).prepare()
        let producer: KafkaProducer
        do throws(KafkaError) {
            producer = try KafkaProducer(settings.kafkaSettings)
        } catch {
            throw CommandFailure.failed(error.description)
        }
        let redis = await connectRedis(settings)
        let writer = ProjectionWriter(
            producer: producer, topic: settings.kafka.scoresTopic, redis: redis, scoreTTLMs: settings.redis.scoreTTLMs,
            hunt: hunt)
        let result: Result<Value, any Error>
        do { result = .success(try await body(writer)) } catch { result = .failure(error) }
        if let trouble = writer.hotTierTrouble {
            Output.complain("note: Redis was not told of everything (\(trouble)); \(remedy)")
        }
        await producer.close()
        redis?.close()
        return try result.get()
    }

    @Reactor
    private static func connectRedis(_ settings: Settings) async -> RedisClient? {
        var redisSettings = settings.redisSettings
        redisSettings.callTimeoutMs = callTimeoutMs
        do throws(RedisError) {
            let client = try RedisClient(redisSettings)
            do throws(RedisError) {
                try await client.connect()
                return client
            } catch {
                client.close()
                throw error
            }
        } catch {
            Output.complain("note: \(error.description); \(remedy)")
            return nil
        }
    }
}
