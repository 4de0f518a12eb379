import KafkaClient
import Reactor

/// Where a topic's partitions begin and end, for commands that judge leases by it.
@Reactor
public enum LogEnds {
    /// How long a broker may take to answer a fetch, milliseconds.
    private static let patienceMs: Int64 = 2_000
    private static let stepMs: Int64 = 20

    /// The ends by partition number, asked anew.
    ///
    /// The end that a broker reports may lag behind (see `KafkaAdmin.watermarks`). Where a lease stands above it, a
    /// fetch from there tells the true one, so that nobody is advised to reset a lease that is sound.
    ///
    /// - Parameter leases: of this topic.
    public static func of(
        _ topic: String, _ settings: KafkaSettings, leases: [PartitionLease]
    ) async throws(KafkaError) -> [KafkaWatermarks] {
        var ends = try await KafkaAdmin.watermarks(settings, topic)
        let doubtful = leases.filter {
            ends.indices.contains(Int($0.partition)) && $0.nextOffset > ends[Int($0.partition)].high
        }.map(\.partition)
        if doubtful.isEmpty { return ends }
        let reader = try KafkaConsumer(
            settings, topic: topic, from: doubtful.map { ($0, ends[Int($0)].high) })
        let deadlineMs = Clock.monotonicMs() + patienceMs
        var waiting = doubtful
        while !waiting.isEmpty, Clock.monotonicMs() < deadlineMs {
            await Reactor.pause(ms: stepMs)
            waiting.removeAll { partition in
                guard let seen = reader.cachedWatermarks(partition) else { return false }
                ends[Int(partition)].high = max(ends[Int(partition)].high, seen.high)
                return true
            }
        }
        await reader.close()
        return ends
    }
}
