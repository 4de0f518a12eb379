import HuntCore
import ScanWire
import Testing

@testable import FuzzChecks

@Suite("a refused scan's stored value, decoded again")
struct StoredScanTests {
    private func decodeStored(_ bytes: [UInt8], receivedAt: Int64 = 5, _ decoder: inout ScanDecoder) -> Outcome {
        let value = ExactBytes(bytes)
        guard let buffer = value.buffer else { return Outcome(reason: .malformed) }
        var scan = ScanView()
        let refusal = decoder.decodeStored(value: buffer, receivedAt: receivedAt, into: &scan)
        return Outcome(reason: refusal?.reason, scan: refusal == nil ? DecodedScan(scan) : nil)
    }

    @Test("whatever was decoded once is decoded to the same scan, though its encoding was not stored")
    func sameScan() {
        var decoder = ScanDecoder()
        var generator = RecordGenerator(seed: 21)
        var messages = MessageGenerator(seed: 22)
        var decoded = 0
        for round in 0..<6_000 {
            let record = round.isMultiple(of: 2) ? generator.record() : messages.record()
            guard let value = record.value, let scan = outcome(of: record, with: &decoder).scan else { continue }
            #expect(decodeStored(value, &decoder) == Outcome(reason: nil, scan: scan))
            // It is a scan in one encoding alone.
            var other = record
            other.encoding = record.encoding == .json ? .protobuf : .json
            #expect(outcome(of: other, with: &decoder).reason == .malformed)
            decoded += 1
        }
        #expect(decoded > 2_000)
    }

    @Test("a JSON object that is also a Protobuf message is no Protobuf scan")
    func bothWays() {
        var decoder = ScanDecoder()
        let rest = #"":1,"event_id":"e","hunt":"h","player":"p","tag":"04A1B2C3","scanned_at":1}"#
        // To Protobuf the brace begins a group of field 15, which holds a string of 101 bytes and ends with the bar; the
        // letter z is field 15 again, with the 121 bytes behind the y.
        let group = #"{"e"# + String(repeating: "x", count: 101) + "|"
        let json = group + "zy" + String(repeating: "x", count: 121 - rest.utf8.count) + rest
        #expect(ReferenceWire(Array(json.utf8))?.fields.count == 2)
        #expect(decodeStored(Array(json.utf8), &decoder).scan?.eventID == Array("e".utf8))
        let record = Record(value: Array(json.utf8), key: Array("p".utf8), encoding: .protobuf)
        #expect(outcome(of: record, with: &decoder).reason == .malformed)
    }

    @Test("what is a scan in neither encoding is malformed, and so is a missing timestamp")
    func refused() {
        var decoder = ScanDecoder()
        var good: [UInt8] = []
        ScanEncoder.append(
            eventID: "e", hunt: "h", player: "p", tag: "04A1B2C3", scannedAt: 1, as: .protobuf, to: &good)
        #expect(decodeStored(good, &decoder).reason == nil)
        #expect(decodeStored(good, receivedAt: -1, &decoder).reason == .malformed)
        for bytes in [[], Array("{}".utf8), Array(good.dropLast()), [0xFF]] {
            #expect(decodeStored(bytes, &decoder).reason == .malformed)
        }
    }
}
