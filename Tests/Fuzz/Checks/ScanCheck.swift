import FlowCore
import HuntCore
import ScanWire

/// The decoder of scans against the contract, read slowly, and against its own encoder.
struct ScanCheck: ~Copyable {
    /// One for all inputs: nothing may be left of the one before.
    private var decoder = ScanDecoder()
    private let segment = RecordSegment(capacity: 1)

    /// A value whose key is the player, where it has one.
    mutating func complaint(about value: [UInt8], as encoding: ScanEncoding) -> String? {
        let player = ReferenceDecoder.scan(value, as: encoding)?.player
        return complaint(about: Record(value: value, key: player ?? [UInt8(ascii: "p")], encoding: encoding))
    }

    mutating func complaint(about record: Record) -> String? {
        let found = outcome(of: record, with: &decoder)
        let expected = ReferenceDecoder.outcome(of: record)
        if found != expected { return "decoded to \(found), by the contract \(expected)" }
        guard let scan = found.scan, let value = record.value else { return nil }
        let stored = storedScan(value, receivedAt: record.receivedAt)
        if stored != scan { return "stored and decoded again it is \(String(describing: stored)), not \(scan)" }
        let kept = keptScan(value, record)
        if kept != scan { return "a segment keeps of it \(kept), not \(scan)" }
        for encoding in [ScanEncoding.json, .protobuf] {
            let again = outcome(
                of: Record(value: Self.encoded(scan, as: encoding), key: scan.player, encoding: encoding),
                with: &decoder)
            if again != Outcome(scan: scan) { return "written as \(encoding) it is read as \(again), not \(scan)" }
        }
        return nil
    }

    /// As it is read again when a hunt is imported that has its tag.
    private mutating func storedScan(_ value: [UInt8], receivedAt: Int64) -> DecodedScan? {
        let bytes = ExactBytes(value)
        guard let buffer = bytes.buffer else { return nil }
        var scan = ScanView()
        let refusal = decoder.decodeStored(value: buffer, receivedAt: receivedAt, into: &scan)
        return refusal == nil ? DecodedScan(scan) : nil
    }

    /// As a lane keeps it: fields that lie beyond the kept part of the value are copies.
    private mutating func keptScan(_ value: [UInt8], _ record: Record) -> DecodedScan {
        let bytes = ExactBytes(value)
        var scan = ScanView()
        guard let buffer = bytes.buffer else { return DecodedScan() }
        _ = decoder.decode(
            value: buffer, as: record.encoding, key: nil, receivedAt: record.receivedAt, into: &scan)
        segment.removeAll()
        segment.append(scan, value: buffer, offset: 7, receivedAt: record.receivedAt)
        let kept = segment[0]
        scan.eventID = segment.bytes(kept.eventID)
        scan.hunt = segment.bytes(kept.hunt)
        scan.player = segment.bytes(kept.player)
        scan.reader = segment.bytes(kept.reader)
        scan.tag = kept.tag
        scan.scannedAt = kept.scannedAt
        return DecodedScan(scan)
    }

    private static func encoded(_ scan: DecodedScan, as encoding: ScanEncoding) -> [UInt8] {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        var value: [UInt8] = []
        ScanEncoder.append(
            eventID: text(scan.eventID), hunt: text(scan.hunt), player: text(scan.player), tag: scan.tag,
            scannedAt: scan.scannedAt, reader: scan.reader.isEmpty ? nil : text(scan.reader), as: encoding, to: &value)
        return value
    }
}
