import FlowCore
import HuntCore
import MetricsText
import Reactor

/// What a pool of connections is doing, for the page.
public struct PoolReport: Sendable {
    public var open = 0
    public var idle = 0
    public var inUse = 0
    public var waiting = 0
    public var timeouts = 0
    public init() {}
}

/// What the hot tier's client did, for the page.
public struct HotClientReport: Sendable {
    public var calls = 0
    public var timeouts = 0
    public var retries = 0
    public var lateReplies = 0
    public var isUp = false
    public init() {}
}

/// Everything a worker shows at `metrics.listen`. It counts what the engine does not count itself.
@Reactor
public final class Telemetry {
    private var flushSeconds = Histogram()
    private var toPostgres = Histogram()
    private var toRedis = Histogram()
    private var toFeed = Histogram()
    private var lastFlushRecords = 0
    /// Set by whoever knows the clients.
    public var pool: () -> PoolReport = { PoolReport() }
    public var hotClient: () -> HotClientReport = { HotClientReport() }
    /// The end of a partition's log, as far as the consumer has seen it.
    public var logEnd: (Int32) -> Int64? = { _ in nil }

    public nonisolated init() {}

    func committed(_ call: FlushCall, _ items: [PublishItem], tookMs: Int64) {
        flushSeconds.add(Double(tookMs) / 1000)
        lastFlushRecords = call.recordCount
        let now = Clock.epochMs()
        for item in items where item.receivedAt >= 0 { toPostgres.add(Double(now - item.receivedAt) / 1000) }
    }

    func hot(_ items: [PublishItem]) {
        let now = Clock.epochMs()
        for item in items where item.receivedAt >= 0 { toRedis.add(Double(now - item.receivedAt) / 1000) }
    }

    /// A record of the feed was acknowledged.
    public func fed(afterMs: Int64) { toFeed.add(Double(afterMs) / 1000) }

    /// The page, in Prometheus' text format.
    public func page(of engine: FlowEngine, topic: String) -> String {
        var page = MetricsPage()
        addScans(engine.counters, &page)
        addFlushes(engine.counters, &page)
        addLanes(engine, topic, &page)
        addHotTier(engine, &page)
        addClients(&page)
        page.histogram(
            "cairn_received_to_seconds", "From a record's timestamp until its change is visible there.",
            [("to=\"postgres\"", toPostgres), ("to=\"redis\"", toRedis), ("to=\"feed\"", toFeed)])
        return page.text
    }

    private func addScans(_ counters: FlowCounters, _ page: inout MetricsPage) {
        page.labelled(
            "counter", "cairn_scans_total", "Committed scans by outcome.", label: "outcome",
            [
                ("first", Int(counters.scans.first)), ("earlier", Int(counters.scans.earlier)),
                ("repeat", Int(counters.scans.repeats)), ("refused", Int(counters.scans.refusals)),
            ])
        page.labelled(
            "counter", "cairn_refusals_total", "Refused scans by reason.", label: "reason",
            RefusalReason.allCases.map { ($0.name, Int(counters.refusals[Int($0.rawValue)])) })
    }

    private func addFlushes(_ counters: FlowCounters, _ page: inout MetricsPage) {
        page.counter("cairn_flushes_total", "Committed flushes.", counters.flushes)
        page.counter("cairn_flush_records_total", "Records in committed flushes.", counters.flushedRecords)
        page.counter("cairn_flush_facts_total", "Facts written.", counters.flushedFacts)
        page.counter("cairn_flush_scores_total", "Score rows written.", counters.flushedScores)
        page.gauge("cairn_flush_last_records", "Records in the last committed flush.", lastFlushRecords)
        page.histogram("cairn_flush_seconds", "From sending a flush until its commit.", [("", flushSeconds)])
        page.counter("cairn_players_loaded_total", "Player states read from Postgres.", counters.playersLoaded)
        page.counter("cairn_leases_taken_total", "Leases taken.", counters.leasesTaken)
        page.counter(
            "cairn_leases_lost_total", "Flushes refused because another owner took a lease.", counters.leasesLost)
        page.counter(
            "cairn_leases_retaken_total", "Leases taken again while Kafka still assigned.", counters.leasesRetaken)
        page.counter(
            "cairn_foreign_writes_total", "Players whose row another worker had changed.", counters.foreignWrites)
        page.counter(
            "cairn_definitions_reloads_total", "Times the definitions were read again.", counters.definitionsReloaded)
        page.counter(
            "cairn_conflicts_total", "Flushes run again for a deadlock or serialization failure.", counters.conflicts)
        page.counter("cairn_outcomes_unknown_total", "Flushes whose reply was lost.", counters.outcomesUnknown)
        page.counter("cairn_rejections_total", "Flushes that Postgres refused for their data.", counters.rejections)
        page.counter("cairn_ledger_unavailable_total", "Attempts that met an unavailable ledger.", counters.unavailable)
    }

    private func addLanes(_ engine: FlowEngine, _ topic: String, _ page: inout MetricsPage) {
        let lanes = engine.laneReports
        let label: (LaneReport) -> String = { "\(topic)\",partition=\"\($0.partition)" }
        page.labelled(
            "gauge", "cairn_lane_records", "Records waiting in a lane's ring.", label: "topic",
            lanes.map { (label($0), $0.waiting) })
        page.labelled(
            "gauge", "cairn_partition_stopped", "1 when a partition stopped until an operator decides.", label: "topic",
            lanes.map { (label($0), $0.trouble == nil ? 0 : 1) })
        page.labelled(
            "gauge", "cairn_partition_offset", "The offset below which everything is committed.", label: "topic",
            lanes.filter(\.isActive).map { (label($0), Int($0.committed)) })
        page.labelled(
            "gauge", "cairn_consumer_lag_records", "Records in the log that are not committed.", label: "topic",
            lanes.filter(\.isActive).compactMap { lane in
                logEnd(lane.partition).map { (label(lane), max(0, Int($0 - lane.committed))) }
            })
        page.gauge("cairn_players_cached", "Player states in memory.", engine.playersCached)
        page.gauge("cairn_state_cache_bytes", "Bytes of player states in memory.", engine.cacheBytes)
        page.counter("cairn_state_cache_evictions_total", "Player states evicted.", engine.cacheEvictions)
    }

    private func addHotTier(_ engine: FlowEngine, _ page: inout MetricsPage) {
        let hot = engine.hotTier
        page.labelled(
            "counter", "cairn_hot_tier_updates_total", "Updates of score keys by outcome.", label: "outcome",
            [
                ("applied", hot.applied), ("refreshed", hot.refreshed), ("stale", hot.stale),
                ("coalesced", hot.coalesced), ("dropped", hot.dropped), ("outlived", hot.outlived),
            ])
        page.labelled(
            "gauge", "cairn_hot_ring_updates", "Updates waiting in a shard's ring.", label: "shard",
            (0..<HotShard.count).map { ("\($0)", engine.hotRingFill(shard: $0)) })
        page.counter("cairn_hot_tier_failures_total", "Failed calls to the hot tier.", hot.failures)
        page.counter("cairn_feed_sent_total", "Records handed to the feed.", engine.feedSent)
        page.counter("cairn_feed_delivered_total", "Records that the feed acknowledged.", engine.feedDeliveredCount)
        page.counter(
            "cairn_feed_failures_total", "Records that the feed failed to take; they are sent again.",
            engine.feedFailures)
        page.gauge("cairn_feed_backlog", "Records that wait for room in the feed's queue.", engine.feedBacklog)
    }

    private func addClients(_ page: inout MetricsPage) {
        let pool = pool()
        page.labelled(
            "gauge", "cairn_pool_connections", "Postgres connections.", label: "state",
            [("idle", pool.idle), ("in_use", pool.inUse)])
        page.gauge("cairn_pool_waiting", "Callers that wait for a Postgres connection.", pool.waiting)
        page.counter("cairn_pool_timeouts_total", "Callers that got no Postgres connection in time.", pool.timeouts)
        let hot = hotClient()
        page.gauge("cairn_redis_up", "1 while Redis is connected.", hot.isUp ? 1 : 0)
        page.counter("cairn_redis_calls_total", "Calls to Redis.", hot.calls)
        page.counter("cairn_redis_timeouts_total", "Calls without a reply within redis.call_timeout.", hot.timeouts)
        page.counter("cairn_redis_retries_total", "Calls sent a second time.", hot.retries)
        page.counter("cairn_redis_late_replies_total", "Replies that came after their caller went on.", hot.lateReplies)
    }
}
