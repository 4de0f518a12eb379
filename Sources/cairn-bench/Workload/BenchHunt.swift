import HuntCore

/// The hunt that is played: 2,000 checkpoints without requirements, open for 60 hours.
enum BenchHunt {
    static let slug = "bench"
    static let checkpoints = 2_000
    /// 2026-06-12T09:00:00Z, epoch milliseconds.
    static let opensAt: Int64 = 1_781_254_800_000
    private static let spanMs: Int64 = 60 * 3_600_000
    /// Records for each millisecond of the hunt's clock.
    private static let recordsPerMs = 4

    /// Records that fit into the hunt's window.
    static let recordsMax = Int(spanMs) * recordsPerMs

    /// The moment of a record by the hunt's clock, epoch milliseconds; it is scanned and received at once.
    static func moment(ofRecord number: Int) -> Int64 { opensAt + Int64(number / recordsPerMs) }

    /// `5 ... 100`
    static func points(ofCheckpoint number: Int) -> Int64 { Int64(5 + 5 * (number * 7 % 20)) }

    /// 14 hex digits that begin with 04, as the UIDs of NFC Forum Type 2 tags by NXP do.
    static func tag(ofCheckpoint number: Int) -> String { "04" + hex(UInt64(number) &* 0x9E37_79B9 << 16, number) }

    /// The slug of a checkpoint.
    static func checkpointID(_ number: Int) -> String { "checkpoint-\(number)" }

    static var definition: HuntDefinition {
        HuntDefinition(
            slug: slug, title: "Benchmark", opensAt: opensAt, closesAt: opensAt + spanMs,
            checkpoints: (0..<checkpoints).map { number in
                .init(id: checkpointID(number), tag: tag(ofCheckpoint: number), points: points(ofCheckpoint: number))
            })
    }

    /// 12 digits: 8 of a product that spreads, then 4 of the number, which makes them unique.
    private static func hex(_ spread: UInt64, _ number: Int) -> String {
        let mixed = (spread & 0xFFFF_FFFF_0000) | UInt64(number)
        let digits = String(mixed, radix: 16, uppercase: true)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }
}
