import HuntCore

/// The hunt that the tests play, and scans of it.
public enum Lisbon {
    public static let slug = "lisbon"

    /// Checkpoint `c1` has tag 1 and is worth 10 points, `c2` tag 2 and 20, and so on. With `isLinked`, `c3` requires
    /// `c1`, and `c2` with `c4` is a trail worth 5.
    public static func hunt(_ count: Int = 6, slug: String = Lisbon.slug, isLinked: Bool = true, worth: Int64 = 10)
        -> HuntDefinition
    {
        HuntDefinition(
            slug: slug, opensAt: VirtualTime.startEpochMs - 3_600_000,
            closesAt: VirtualTime.startEpochMs + 86_400_000,
            checkpoints: (1...count).map { number in
                HuntDefinition.Checkpoint(
                    id: "c\(number)", tag: tag(number), points: Int64(number) * worth,
                    requires: isLinked && number == 3 ? ["c1"] : [])
            },
            trails: isLinked && count >= 4
                ? [HuntDefinition.Trail(id: "t", checkpoints: ["c2", "c4"], bonus: 5)] : [])
    }

    /// Eight digits, which are hex digits too.
    public static func tag(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// A scan of checkpoint `number`, so many milliseconds after the world began.
    public static func scan(
        _ player: String, _ number: Int, atMs: Int64 = 0, event: String = "e", hunt: String = Lisbon.slug
    ) -> SampleScan {
        SampleScan(
            eventID: "\(event)-\(player)-\(number)", hunt: hunt, player: player, tag: tag(number),
            scannedAt: VirtualTime.startEpochMs + atMs)
    }
}
