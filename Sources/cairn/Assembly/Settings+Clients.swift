import FlowCore
import KafkaClient
import PostgresClient
import RedisClient
import Settings

/// The settings in the words of the parts.
extension Settings {
    var kafkaSettings: KafkaSettings {
        KafkaSettings(brokers: kafka.brokers, properties: kafka.properties)
    }

    var poolSettings: PoolSettings {
        PoolSettings(
            max: postgres.pool.max, minIdle: postgres.pool.minIdle, acquireTimeoutMs: postgres.pool.acquireTimeoutMs,
            maxLifetimeMs: postgres.pool.maxLifetimeMs)
    }

    var redisSettings: RedisSettings {
        var client = RedisSettings(url: redis.url)
        client.cluster = redis.cluster
        client.connectTimeoutMs = redis.connectTimeoutMs
        client.callTimeoutMs = redis.callTimeoutMs
        client.retries = redis.retries
        client.sendBuffer = redis.sendBuffer
        client.receiveBuffer = redis.receiveBuffer
        client.tcpNoDelay = redis.tcpNoDelay
        return client
    }

    var flowLimits: FlowLimits {
        var limits = FlowLimits()
        limits.ringCapacity = lanes.ringCapacity
        limits.stopAt = max(1, lanes.ringCapacity * lanes.stopAt / 100)
        limits.resumeAt = min(limits.stopAt - 1, lanes.ringCapacity * lanes.resumeAt / 100)
        limits.sharedCapacity = lanes.sharedCapacity
        limits.maxRecords = flush.maxRecords
        limits.concurrentFlushes = flush.concurrent
        limits.cacheBytes = state.cacheBytes
        limits.hotRingCapacity = redis.ringCapacity
        limits.hotPlayersPerCall = min(500, redis.ringCapacity)
        limits.scoreTTLMs = redis.scoreTTLMs
        return limits
    }
}
