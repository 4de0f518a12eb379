/// What a trace consists of.
struct Mix: Sendable, Equatable {
    /// `R` or `W`.
    let name: String
    /// Scans of a checkpoint that is new to the player, of 1,000 records; the rest are repeats.
    let firstsPerMille: Int
    /// Scans of a tag that no hunt has, of 1,000.
    let unknownTagsPerMille: Int
    /// Records that are no scan, of 1,000.
    let malformedPerMille: Int

    /// A hunt in full swing: players scan where they stand, again and again.
    static let repeats = Mix(name: "R", firstsPerMille: 80, unknownTagsPerMille: 5, malformedPerMille: 1)
    /// Every scan changes something.
    static let writes = Mix(name: "W", firstsPerMille: 1_000, unknownTagsPerMille: 0, malformedPerMille: 0)
    static let all = [repeats, writes]
}
