import HuntCore
import Randomness
import ScanWire
import Testing

@Suite("the decoder and the contract, read slowly, agree")
struct ScanDecoderPropertyTests {
    @Test("on every field of thousands of generated records", arguments: [1, 2, 3, 4] as [UInt64])
    func generated(seed: UInt64) {
        var generator = RecordGenerator(seed: seed)
        var decoder = ScanDecoder()
        var counts: [RefusalReason?: Int] = [:]
        for _ in 0..<2_500 {
            let record = generator.record()
            counts[compare(record, with: &decoder).reason, default: 0] += 1
        }
        // A generator that made only one kind of record would prove little.
        #expect(counts[nil, default: 0] > 500)
        #expect(counts[.malformed, default: 0] > 500)
        #expect(counts[.wrongKey, default: 0] > 25)
    }

    @Test(
        "on 100,000 records with flipped, lost, added, cut and foreign bytes", arguments: [11, 12, 13, 14] as [UInt64])
    func mutated(seed: UInt64) {
        var generator = RecordGenerator(seed: seed)
        var decoder = ScanDecoder()
        var accepted = 0
        let records = (0..<500).map { _ in generator.record() }
        for round in 0..<25_000 {
            let record = generator.mutate(records[round % records.count], with: generator.random.pick(records))
            if compare(record, with: &decoder).scan != nil { accepted += 1 }
        }
        #expect(accepted > 500)
    }

    @Test("on every prefix of a scan, of which none is a scan but the whole")
    func prefixes() {
        var decoder = ScanDecoder()
        let whole = Array(
            #"""
             {"event_id":"e","tag":"04A1B2C3","n":[{"\u00e9":-1.5e3},"é🎯"],"hunt":"h","player":"\u0070",
            "scanned_at":1}\#n
            """#.utf8)
        for count in 0...whole.count {
            let outcome = compare(Record(value: Array(whole[..<count]), key: Array("p".utf8)), with: &decoder)
            #expect((outcome.reason == nil) == (count >= whole.count - 1))
        }
    }

    @Test("on every byte at every place of a scan")
    func everyByte() {
        var decoder = ScanDecoder()
        let whole = Array(#"{"tag":"04A1B2C3","x":"\n","event_id":"e","hunt":"h","player":"p","scanned_at":1}"#.utf8)
        for place in whole.indices {
            for byte in UInt8.min...UInt8.max {
                var value = whole
                value[place] = byte
                compare(Record(value: value, key: Array("p".utf8)), with: &decoder)
            }
        }
    }

    @discardableResult
    private func compare(_ record: Record, with decoder: inout ScanDecoder) -> Outcome {
        let fast = outcome(of: record, with: &decoder)
        let slow = ReferenceDecoder.outcome(of: record)
        if fast != slow {
            let text = record.value.map { String(decoding: $0, as: UTF8.self) } ?? "none"
            Issue.record("decoder: \(fast), contract: \(slow), value: \(text)")
        }
        return fast
    }
}
