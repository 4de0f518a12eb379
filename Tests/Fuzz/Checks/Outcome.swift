import HuntCore
import ScanWire

/// A scan in values that outlive the decoder.
struct DecodedScan: Equatable {
    var eventID: [UInt8] = []
    var hunt: [UInt8] = []
    var player: [UInt8] = []
    var reader: [UInt8] = []
    /// Upper-case hex digits.
    var tag = ""
    var scannedAt: Int64 = 0
}

extension DecodedScan {
    init(_ scan: ScanView) {
        self.init(
            eventID: Array(scan.eventID), hunt: Array(scan.hunt), player: Array(scan.player),
            reader: Array(scan.reader), tag: hex(scan.tag), scannedAt: scan.scannedAt)
    }
}

/// What decoding one record came to.
struct Outcome: Equatable {
    var reason: RefusalReason?
    /// nil unless the value was a whole scan.
    var scan: DecodedScan?
}

/// One record as Kafka hands it out.
struct Record {
    var value: [UInt8]?
    var key: [UInt8]?
    var receivedAt: Int64 = 1_781_254_800_000
    var encoding = ScanEncoding.json
}

/// Bytes in an allocation of exactly their size, so that a sanitizer sees any read beyond them.
struct ExactBytes: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private let isPresent: Bool

    init(_ bytes: [UInt8]?) {
        isPresent = bytes != nil
        memory = .allocate(byteCount: bytes?.count ?? 0, alignment: 1)
        if let bytes { memory.copyBytes(from: bytes) }
    }

    deinit { memory.deallocate() }

    var buffer: UnsafeRawBufferPointer? { isPresent ? UnsafeRawBufferPointer(memory) : nil }
}

/// Runs the decoder on one record and copies out what it says.
func outcome(of record: Record, with decoder: inout ScanDecoder) -> Outcome {
    let value = ExactBytes(record.value)
    let key = ExactBytes(record.key)
    var scan = ScanView()
    let refusal = decoder.decode(
        value: value.buffer, as: record.encoding, key: key.buffer, receivedAt: record.receivedAt, into: &scan)
    if let refusal { precondition(isFit(refusal), "a detail is not 1-200 bytes of printable ASCII") }
    guard refusal == nil || refusal?.reason == .wrongKey else { return Outcome(reason: refusal?.reason) }
    return Outcome(reason: refusal?.reason, scan: DecodedScan(scan))
}

/// The same with a decoder of its own.
func outcome(of record: Record) -> Outcome {
    var decoder = ScanDecoder()
    return outcome(of: record, with: &decoder)
}

private func isFit(_ refusal: ScanRefusal) -> Bool {
    refusal.detail.withUTF8Buffer { detail in
        (1...200).contains(detail.count) && detail.allSatisfy { (0x20...0x7E).contains($0) }
    }
}

/// The digits of a tag, from its bytes.
private func hex(_ tag: TagUID) -> String {
    let bytes =
        (0..<8).map { UInt8(truncatingIfNeeded: tag.high >> UInt64(56 - 8 * $0)) }
        + [UInt8(truncatingIfNeeded: tag.low >> 24), UInt8(truncatingIfNeeded: tag.low >> 16)]
    return bytes.prefix(Int(tag.low & 0xFF)).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}
