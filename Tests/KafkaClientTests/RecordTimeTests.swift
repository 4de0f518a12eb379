import CRdkafka
import Testing

@testable import KafkaClient

/// Pure, for the test broker stamps records with the producer's time whatever the topic's `message.timestamp.type`.
@Suite("The time of a record")
struct RecordTimeTests {
    @Test(
        "a record's time is the create time or the log append time, and -1 where there is none",
        arguments: [
            (RD_KAFKA_TIMESTAMP_CREATE_TIME, Int64(1_700_000_000_123), Int64(1_700_000_000_123)),
            (RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME, 1_700_000_000_124, 1_700_000_000_124),
            (RD_KAFKA_TIMESTAMP_CREATE_TIME, 0, 0), (RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME, 0, 0),
            // A producer may send a negative one; it stays what it is.
            (RD_KAFKA_TIMESTAMP_CREATE_TIME, -5, -5), (RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, -1, -1),
            (RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, 0, -1), (RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, 1_700_000_000_125, -1),
        ])
    func everyKind(kind: rd_kafka_timestamp_type_t, timestamp: Int64, expected: Int64) {
        #expect(KafkaRecord.timestampMs(timestamp, kind) == expected)
    }
}
