import HuntCore
import Randomness
import ScanWire
import SwiftProtobuf
import Testing

@Suite("the decoder of Protobuf scans, SwiftProtobuf and the contract agree")
struct MessagePropertyTests {
    @Test("on every field of thousands of generated messages", arguments: [1, 2, 3, 4] as [UInt64])
    func generated(seed: UInt64) {
        var generator = MessageGenerator(seed: seed)
        var decoder = ScanDecoder()
        var counts: [RefusalReason?: Int] = [:]
        for _ in 0..<5_000 {
            let record = generator.record()
            counts[compare(record, with: &decoder).reason, default: 0] += 1
        }
        // A generator that made only one kind of record would prove little.
        #expect(counts[nil, default: 0] > 1_500)
        #expect(counts[.malformed, default: 0] > 1_000)
        #expect(counts[.wrongKey, default: 0] > 100)
        #expect(counts[.oversized, default: 0] > 20)
    }

    @Test(
        "on 100,000 messages with flipped, lost, added, cut and foreign bytes", arguments: [11, 12, 13, 14] as [UInt64])
    func mutated(seed: UInt64) {
        var generator = MessageGenerator(seed: seed)
        var decoder = ScanDecoder()
        var accepted = 0
        let records = (0..<500).map { _ in generator.record() }
        for round in 0..<25_000 {
            let record = generator.mutate(records[round % records.count], with: generator.random.pick(records))
            if compare(record, with: &decoder).scan != nil { accepted += 1 }
        }
        #expect(accepted > 500)
    }

    @Test("on every byte at every place of a scan, and on every prefix of it")
    func everyByte() {
        var decoder = ScanDecoder()
        var whole: [UInt8] = []
        ScanEncoder.append(
            eventID: "e", hunt: "h", player: "p", tag: "04A1B2C3", scannedAt: 300, reader: "r", as: .protobuf,
            to: &whole)
        whole += WireBytes.group(7, WireBytes.number(1, 1)) + WireBytes.field(8, 5)
        for place in whole.indices {
            compare(Record(value: Array(whole[..<place]), key: Array("p".utf8), encoding: .protobuf), with: &decoder)
            for byte in UInt8.min...UInt8.max {
                var value = whole
                value[place] = byte
                compare(Record(value: value, key: Array("p".utf8), encoding: .protobuf), with: &decoder)
            }
        }
    }

    @discardableResult
    private func compare(_ record: Record, with decoder: inout ScanDecoder) -> Outcome {
        let ours = outcome(of: record, with: &decoder)
        let expected = expectation(record)
        if ours != expected {
            Issue.record("decoder: \(ours), contract: \(expected), value: \(record.value ?? [])")
        }
        return ours
    }

    /// What the contract says, with SwiftProtobuf's idea of the message.
    private func expectation(_ record: Record) -> Outcome {
        if let value = record.value, value.count > 16_384 { return Outcome(reason: .oversized) }
        guard record.receivedAt >= 0, let value = record.value, let wire = ReferenceWire(value), isFit(wire),
            let message = try? Cairn_V1_Scan(serializedBytes: value),
            let scan = ReferenceDecoder.scan(
                eventID: Array(message.eventID.utf8), hunt: Array(message.hunt.utf8),
                player: Array(message.player.utf8), tag: Array(message.tag.utf8), scannedAt: message.scannedAtMs,
                reader: Array(message.reader.utf8))
        else { return Outcome(reason: .malformed) }
        return Outcome(reason: record.key == scan.player ? nil : .wrongKey, scan: scan)
    }

    /// The rules that a Protobuf library does not know.
    private func isFit(_ wire: ReferenceWire) -> Bool {
        let known = wire.fields.filter { $0.number <= 6 }
        return wire.levels <= 32 && Set(known.map(\.number)).count == known.count
            && known.allSatisfy { $0.wireType == ($0.number == 5 ? 0 : 2) }
    }

    @Test("what is encoded is what SwiftProtobuf writes, byte for byte", arguments: [0, 7, 300, Timestamp.latest])
    func encoded(scannedAt: Int64) throws {
        for reader in [nil, "gate-7"] {
            var ours: [UInt8] = []
            ScanEncoder.append(
                eventID: "e-1", hunt: "lisbon-2026", player: "ana@city+1", tag: "04A1B2C3D4E5F6", scannedAt: scannedAt,
                reader: reader, as: .protobuf, to: &ours)
            let message = Cairn_V1_Scan.with {
                $0.eventID = "e-1"
                $0.hunt = "lisbon-2026"
                $0.player = "ana@city+1"
                $0.tag = "04A1B2C3D4E5F6"
                $0.scannedAtMs = scannedAt
                $0.reader = reader ?? ""
            }
            #expect(try ours == message.serializedBytes())
        }
    }
}
