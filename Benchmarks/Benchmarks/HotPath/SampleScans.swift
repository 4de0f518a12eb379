import HuntCore
import ScanWire

/// Scans of one hunt as producers write them, the same in every run.
enum SampleScans {
    /// Scans in a batch, each by another player.
    static let batch = 1_000
    static let checkpoints = 2_000
    /// 2026-06-12T09:00:00Z, epoch milliseconds.
    static let opensAt: Int64 = 1_781_254_800_000
    private static let spanMs: Int64 = 60 * 3_600_000

    static let definition = HuntDefinition(
        slug: "bench", opensAt: opensAt, closesAt: opensAt + spanMs,
        checkpoints: (0..<checkpoints).map { .init(id: "checkpoint-\($0)", tag: tag($0), points: 10) })

    static let book = RuleBook(
        generation: 1,
        hunts: [
            HuntRules(
                huntID: 1, rulesVersion: 1, definition: definition,
                checkpointIDs: (0..<checkpoints).map { Int32($0 + 1) })
        ])

    static let names = (0..<batch).map { "player-\($0 * 7_919 % 100_000)" }
    static let keys = names.map { Array($0.utf8) }

    /// One scan of a checkpoint by each player.
    static func values(checkpoint: Int, as encoding: ScanEncoding = .json) -> [[UInt8]] {
        names.indices.map { number in
            var value: [UInt8] = []
            ScanEncoder.append(
                eventID: "0123456789-0000000\(checkpoint)-\(number)", hunt: definition.slug, player: names[number],
                tag: tag(checkpoint), scannedAt: opensAt + Int64(number), reader: "r\(number % 64)", as: encoding,
                to: &value)
            return value
        }
    }

    private static func tag(_ checkpoint: Int) -> String {
        let digits = String(checkpoint * 0x1_0001, radix: 16, uppercase: true)
        return "04" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}
