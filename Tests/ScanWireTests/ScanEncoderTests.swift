import HuntCore
import ScanWire
import Testing

@testable import FuzzChecks

@Suite("writing scans")
struct ScanEncoderTests {
    @Test("a scan is compact JSON in the contract's order")
    func text() {
        var buffer = Array("before".utf8)
        ScanEncoder.append(
            eventID: "e-1", hunt: "lisbon-2026", player: "ana@city+1", tag: "04A1B2C3D4E5F6",
            scannedAt: 1_781_254_800_000,
            reader: "gate-7", to: &buffer)
        let expected =
            #"before{"event_id":"e-1","hunt":"lisbon-2026","player":"ana@city+1","tag":"04A1B2C3D4E5F6","#
            + #""scanned_at":1781254800000,"reader":"gate-7"}"#
        #expect(String(decoding: buffer, as: UTF8.self) == expected)
    }

    @Test(
        "what is written is read back", arguments: [0, 7, 1_781_254_800_000, Timestamp.latest], ScanEncoding.allCases)
    func readBack(scannedAt: Int64, encoding: ScanEncoding) {
        for reader in [nil, "gate-7"] { readBack(scannedAt, reader, encoding) }
    }

    private func readBack(_ scannedAt: Int64, _ reader: String?, _ encoding: ScanEncoding) {
        var buffer: [UInt8] = []
        ScanEncoder.append(
            eventID: "e:1", hunt: "h", player: "p", tag: "04a1b2c3", scannedAt: scannedAt, reader: reader, as: encoding,
            to: &buffer)
        let expected = DecodedScan(
            eventID: Array("e:1".utf8), hunt: Array("h".utf8), player: Array("p".utf8),
            reader: Array((reader ?? "").utf8),
            tag: "04A1B2C3", scannedAt: scannedAt)
        let record = Record(value: buffer, key: Array("p".utf8), encoding: encoding)
        #expect(outcome(of: record) == Outcome(reason: nil, scan: expected))
    }

    @Test("a field that breaks its rule traps", arguments: ["", "a b"])
    func badField(hunt: String) async {
        await #expect(processExitsWith: .failure) { [hunt] in
            var buffer: [UInt8] = []
            ScanEncoder.append(eventID: "e", hunt: hunt, player: "p", tag: "04a1b2c3", scannedAt: 0, to: &buffer)
        }
        await #expect(processExitsWith: .failure) { [hunt] in
            var buffer: [UInt8] = []
            ScanEncoder.append(
                eventID: "e", hunt: "h", player: hunt, tag: "04a1b2c3", scannedAt: 0, as: .protobuf, to: &buffer)
        }
    }
}
