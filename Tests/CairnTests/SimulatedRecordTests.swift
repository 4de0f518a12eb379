import HuntCore
import ScanWire
import Testing

@testable import cairn

@Suite("Simulated records")
struct SimulatedRecordTests {
    @Test("are judged by decoder and rules as the expectation says, one by one")
    func agreeWithTheWorkersEyes() throws {
        let definition = SampleHunt.definition
        let plan = SampleHunt.plan(rate: 5_000)
        let rules = HuntRules(
            huntID: 1, rulesVersion: 1, definition: definition,
            checkpointIDs: definition.checkpoints.indices.map { Int32($0) })
        var record = SimulatedRecord(definition, plan)
        var decoder = ScanDecoder()
        for scan in SampleHunt.scans(plan) {
            record.encode(scan)
            var view = ScanView()
            let refusal = record.key.withUnsafeBytes { key in
                record.value.withUnsafeBytes { value in
                    decoder.decode(value: value, key: key, receivedAt: scan.receivedAt, into: &view)
                }
            }
            let seen: HuntExpectation.Outcome
            if let refusal {
                seen = .refused(refusal.reason)
            } else {
                switch rules.judge(tag: view.tag, scannedAt: view.scannedAt, receivedAt: scan.receivedAt) {
                case .refused(let reason): seen = .refused(reason)
                case .checkpoint(let index): seen = .accepted(checkpoint: Int(rules.checkpointID(at: index)))
                }
            }
            let expected = HuntExpectation.outcome(of: scan, in: definition)
            if seen != expected { Issue.record("\(scan): \(seen), not \(expected)") }
        }
    }

    @Test("carry the player as key, and are broken in every way as malformed")
    func keysAndDamage() {
        var record = SimulatedRecord(SampleHunt.definition, SampleHunt.plan())
        var decoder = ScanDecoder()
        for way in 0..<SimulatedRecord.waysToBreak {
            record.encode(
                SimulatedScan(player: 3, content: .malformed(way), event: 1, scannedAt: 1, receivedAt: 1))
            #expect(record.key == Array("player-3".utf8))
            var view = ScanView()
            let refusal = record.value.withUnsafeBytes { value in
                decoder.decode(value: value, key: value, receivedAt: 1, into: &view)
            }
            #expect(refusal?.reason == .malformed)
        }
    }
}
