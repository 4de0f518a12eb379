import HuntCore
import Randomness
import Reactor

/// Records that must be refused, whatever hunts there are.
enum Poison {
    /// One of each kind.
    static func records(_ random: inout SplitMix64) -> [ProducedRecord] {
        let now = Clock.epochMs()
        let fields = #""event_id":"e","hunt":"harbour","player":"player-1","tag":"04112233445566""#
        let good = "{\(fields),\"scanned_at\":\(now)}"
        let texts: [(String, RefusalReason)] = [
            (String(repeating: "[", count: 5_000), .malformed),
            (
                "{\(fields),\"scanned_at\":\(now),\"x\":\(String(repeating: "[", count: 40))1"
                    + "\(String(repeating: "]", count: 40))}", .malformed
            ),
            ("{\(fields),\"scanned_at\":true}", .malformed),
            ("{\(fields),\"scanned_at\":9223372036854775808}", .malformed),
            ("{\(fields),\"scanned_at\":\(now).5}", .malformed),
            ("{\(fields),\"scanned_at\":\"2026-02-30T00:00:00Z\"}", .malformed),
            ("{\(fields),\"scanned_at\":\(now),\"tag\":\"04112233445566\"}", .malformed),
            (good.replacing("\"e\"", with: "17"), .malformed),
            (good.replacing("5566", with: "556"), .malformed),
            ("\u{feff}\(good)", .malformed),
            ("\(good) x", .malformed),
            ("{\(fields),\"scanned_at\":\(now),\"x\":\"\\ud800\"}", .malformed),
            ("", .malformed),
            ("null", .malformed),
            (good + String(repeating: " ", count: 20_000), .oversized),
        ]
        var records = texts.map { (Array($0.utf8), $1) }.map {
            ProducedRecord(content: .poison($0, $1), key: "player-1", receivedAt: now)
        }
        let noise = (0..<Int.random(in: 1...200, using: &random)).map { _ in
            UInt8.random(in: 128...255, using: &random)
        }
        records.append(ProducedRecord(content: .poison(noise, .malformed), key: "player-1", receivedAt: now))
        let torn = Array(good.utf8.dropLast(1)) + Array(",\"x\":\"".utf8) + [0xc3, 0x28] + Array("\"}".utf8)
        records.append(ProducedRecord(content: .poison(torn, .malformed), key: "player-1", receivedAt: now))
        records.append(ProducedRecord(content: .poison(nil, .malformed), key: "player-1", receivedAt: now))
        records.append(ProducedRecord(content: .poison(nil, .malformed), key: nil, receivedAt: now))
        records.append(ProducedRecord(content: .poison(Array(good.utf8), .wrongKey), key: nil, receivedAt: now))
        records.append(ProducedRecord(content: .poison(Array(good.utf8), .wrongKey), key: "", receivedAt: now))
        return records
    }

    /// The largest that the consumer takes.
    static func huge(bytes: Int) -> ProducedRecord {
        ProducedRecord(
            content: .poison([UInt8](repeating: 0x20, count: bytes), .oversized), key: "player-1",
            receivedAt: Clock.epochMs())
    }
}
