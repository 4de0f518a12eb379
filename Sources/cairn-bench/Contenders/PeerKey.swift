/// The value of a peer's score key: `VERSION:SCORE`.
struct PeerKey: Equatable {
    var version: Int64
    var score: Int64

    /// nil for anything else.
    init?(_ text: String) {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard numbers.count == 2, let version = numbers[0], let score = numbers[1] else { return nil }
        self.version = version
        self.score = score
    }
}
