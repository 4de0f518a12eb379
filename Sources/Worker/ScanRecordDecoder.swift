import FlowCore
import HuntCore
import ScanWire

/// ScanWire behind FlowCore's port.
public final class ScanRecordDecoder: RecordDecoder {
    // Unchecked: nothing that runs during `decode` can call it again.
    @exclusivity(unchecked) private var decoder = ScanDecoder()
    @exclusivity(unchecked) private var scan = ScanView()

    public init() {}

    public func decode(_ record: RawRecord, into segment: RecordSegment) {
        let refusal = decoder.decode(
            value: record.value, as: record.encoding, key: record.key, receivedAt: record.timestampMs, into: &scan)
        if let refusal {
            segment.append(
                refused: refusal.reason, detail: refusal.detail, value: record.value, offset: record.offset,
                receivedAt: record.timestampMs)
        } else if let value = record.value {
            segment.append(scan, value: value, offset: record.offset, receivedAt: record.timestampMs)
        }
    }
}
