import Foundation
import HuntCore
import Reactor
import Testing

extension ServiceTests {
    @Suite("Scans as Protobuf")
    struct Protobuf {
        @Test(
            "JSON and Protobuf scans in one topic score alike; what is neither is refused and kept byte for byte",
            .timeLimit(.minutes(3)))
        @Reactor
        func mixed() async throws {
            try await withSite { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 12)
                load.generator.protobufPercent = 50
                load.start(perSecond: 3_000)
                phase("protobuf: sending")
                for round in 0..<50 {
                    for record in Self.oddities(round, of: site.hunts[1]) { load.send(record) }
                    await Reactor.pause(ms: 20)
                }
                #expect(await eventually(within: 40) { load.records.count > 10_000 })
                try await load.stop()
                #expect(Self.count(load.records, .protobuf) > 3_000)
                #expect(Self.count(load.records, .json) > 3_000)
                try await site.expectExact(load)
                try await expectKeptValues(site, load.records)
                await load.close()
            }
        }

        private static func count(_ records: [ProducedRecord], _ encoding: ScanEncoding) -> Int {
            records.count { if case .scan(let scan) = $0.content { scan.encoding == encoding } else { false } }
        }

        /// Every refused scan that is kept has the first 1,024 bytes that were produced.
        @Reactor
        private func expectKeptValues(_ site: Site, _ records: [ProducedRecord]) async throws {
            var produced: [String: [UInt8]?] = [:]
            for record in records { produced["\(record.partition) \(record.offset)"] = record.value }
            let rows = try await site.query(
                "select partition, \"offset\", value, detail from cairn.refused_scan "
                    + "where reason in ('malformed', 'oversized', 'wrong_key')")
            #expect(rows.count > 500)
            for row in 0..<rows.count {
                let place = "\(rows.int32(row, 0)) \(rows.int64(row, 1))"
                let kept = rows.isNull(row, 2) ? nil : Array(rows.bytes(row, 2))
                let value = try #require(produced[place])
                // A null value is kept as no bytes.
                if kept != Array((value ?? []).prefix(1_024)) {
                    Issue.record("\(place), \(rows.text(row, 3)): kept \(kept ?? []), produced \(value ?? [])")
                }
            }
        }

        /// Good scans whose headers are unusual, and values that are refused.
        private static func oddities(_ round: Int, of hunt: HuntDefinition) -> [ProducedRecord] {
            let now = Clock.epochMs()
            let scan = SentScan(
                eventID: "odd:\(round)", hunt: hunt.slug, player: "odd-\(round % 7)",
                tag: hunt.checkpoints[round % 8].tag, scannedAt: now - 1_000 - Int64(round), reader: "gate")
            return accepted(scan, now) + refused(scan, now)
        }

        private static func accepted(_ scan: SentScan, _ now: Int64) -> [ProducedRecord] {
            let protobuf = ProducedRecord.protobufHeader
            let cases: [(ScanEncoding, [(name: StaticString, value: StaticString)])] = [
                (.protobuf, [("content-type", "application/json"), ("trace", "1"), protobuf]),
                (.json, [protobuf, ("content-type", "application/json")]),
                (.json, [("Content-Type", "application/x-protobuf")]),
                (.json, [("content-type", "application/x-protobuf; charset=utf-8")]),
                (.json, [("content-type", "")]),
            ]
            return cases.map { encoding, headers in
                var sent = scan
                sent.encoding = encoding
                sent.beginsUnknown = true
                return ProducedRecord(content: .scan(sent), key: scan.player, receivedAt: now, headers: headers)
            }
        }

        private static func refused(_ scan: SentScan, _ now: Int64) -> [ProducedRecord] {
            let message = scan.protobuf
            // Field 15: as a group's start and end, as bytes, as a varint.
            let groups = [UInt8](repeating: 0x7B, count: 33) + [UInt8](repeating: 0x7C, count: 33)
            let large: [UInt8] = [0x7A, 0x80, 0x80, 0x01] + [UInt8](repeating: 0x5A, count: 16_384)
            let underHeader: [([UInt8]?, RefusalReason)] = [
                (scan.json, .malformed), (Array(message.dropLast()), .malformed), (message + message, .malformed),
                (message + [0x08, 0x01], .malformed), (message + groups, .malformed), (message + [0x7C], .malformed),
                (message + [0x78] + [UInt8](repeating: 0xFF, count: 10), .malformed), (message + [0x00], .malformed),
                ([], .malformed), (nil, .malformed), (message + large, .oversized),
                (Array(scan.json + [UInt8](repeating: 0x20, count: 16_384)), .oversized),
            ]
            var records = underHeader.map { value, reason in
                ProducedRecord(
                    content: .poison(value, reason), key: scan.player, receivedAt: now,
                    headers: [ProducedRecord.protobufHeader])
            }
            records.append(
                ProducedRecord(
                    content: .poison(message, .wrongKey), key: "somebody", receivedAt: now,
                    headers: [ProducedRecord.protobufHeader]))
            records.append(ProducedRecord(content: .poison(message, .malformed), key: scan.player, receivedAt: now))
            return records
        }
    }
}
