import FlowCore
import HuntCore
import KafkaClient
import Reactor

/// The topic of scans behind FlowCore's port.
@Reactor
public final class KafkaScanSource: @Reactor ScanSource {
    private let consumer: KafkaConsumer

    public init(consumer: KafkaConsumer) { self.consumer = consumer }

    /// Tells an engine what the group gives and takes, and when records arrive.
    public func attach(_ engine: FlowEngine, onReadable: @escaping @Reactor () -> Void) {
        consumer.onReadable = onReadable
        consumer.onRebalance = { rebalance in
            switch rebalance {
            case .assigned(let partitions): engine.assigned(partitions)
            case .revoked(let partitions, _): engine.revoked(partitions)
            }
        }
    }

    /// The end of a partition's log as of the last fetch.
    public func logEnd(of partition: Int32) -> Int64? { consumer.cachedWatermarks(partition)?.high }

    public func logBounds(
        of partitions: [Int32], reply: @escaping (Result<[LogBounds], TransientTrouble>) -> Void
    ) {
        Reactor.task { [self] in
            do throws(KafkaError) {
                var bounds: [LogBounds] = []
                for partition in partitions {
                    let ends = try await consumer.queryWatermarks(partition)
                    bounds.append(LogBounds(partition: partition, start: ends.low, end: ends.high))
                }
                reply(.success(bounds))
            } catch {
                reply(.failure(TransientTrouble(error.description)))
            }
        }
    }

    public func start(_ positions: [(partition: Int32, offset: Int64)]) { consumer.assign(positions) }

    public func release() { consumer.completeRevoke() }

    public func restart(_ partition: Int32, at offset: Int64) { consumer.restart(partition, at: offset) }

    public func stop(_ partition: Int32) { consumer.stop(partition) }

    public func poll(_ partition: Int32, limit: Int, _ body: (RawRecord) -> Void) -> PollOutcome {
        let polled = consumer.poll(partition, max: limit) { record in
            body(
                RawRecord(
                    offset: record.offset, timestampMs: record.timestampMs, key: record.key, value: record.value,
                    encoding: Self.encoding(of: record)))
        }
        if case .offsetOutOfRange = polled.error { return .offsetOutOfRange }
        return .records(polled.count)
    }

    /// Asked of every record: a value of one encoding under the header of the other must be refused.
    @inline(__always)
    private static func encoding(of record: KafkaRecord) -> ScanEncoding {
        record.lastHeader("content-type", isEqualTo: "application/x-protobuf") ? .protobuf : .json
    }

    public func hint(_ positions: [(partition: Int32, offset: Int64)]) { consumer.commit(positions) }
}
