import FlowCore
import HuntCore

/// A format for tests: `EVENT HUNT PLAYER TAG SCANNED_AT READER`, single spaces, `-` for no reader. What is not six
/// words is malformed, as is a record without a time.
public final class LineDecoder: RecordDecoder {
    public init() {}

    public func decode(_ record: RawRecord, into segment: RecordSegment) {
        guard let value = record.value, record.timestampMs >= 0, let scan = Self.scan(value) else {
            segment.append(
                refused: .malformed, detail: "no line of six words", value: record.value, offset: record.offset,
                receivedAt: record.timestampMs)
            return
        }
        guard let key = record.key, key.elementsEqual(scan.player) else {
            segment.append(
                refused: .wrongKey, detail: "key: not equal to player", value: value, offset: record.offset,
                receivedAt: record.timestampMs)
            return
        }
        segment.append(scan, value: value, offset: record.offset, receivedAt: record.timestampMs)
    }

    private static func scan(_ value: UnsafeRawBufferPointer) -> ScanView? {
        let words = value.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 6, let tag = TagUID(hex: UnsafeRawBufferPointer(rebasing: words[3])),
            let scannedAt = Int64(String(decoding: words[4], as: UTF8.self))
        else { return nil }
        var scan = ScanView()
        scan.eventID = UnsafeRawBufferPointer(rebasing: words[0])
        scan.hunt = UnsafeRawBufferPointer(rebasing: words[1])
        scan.player = UnsafeRawBufferPointer(rebasing: words[2])
        scan.tag = tag
        scan.scannedAt = scannedAt
        if !words[5].elementsEqual([UInt8(ascii: "-")]) { scan.reader = UnsafeRawBufferPointer(rebasing: words[5]) }
        return scan
    }
}
