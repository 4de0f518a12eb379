/// One record that the simulator wants in the topic.
struct SimulatedScan: Equatable {
    enum Content: Equatable {
        /// A tag of the hunt: the checkpoint's position in the definition.
        case visit(Int)
        /// A tag that the hunt does not have.
        case unknownTag
        /// No scan at all; the number picks one of several ways to be broken.
        case malformed(Int)
    }

    /// `0 ..< players`
    var player: Int
    var content: Content
    /// Names the event; a phone that sends one again repeats it.
    var event: Int
    /// Epoch milliseconds.
    var scannedAt: Int64
    /// The record's timestamp, epoch milliseconds.
    var receivedAt: Int64
}

/// What is simulated. The same plan on the same hunt yields the same scans.
struct SimulationPlan {
    /// 1 or more.
    var players: Int
    /// Records a second, 1 or more.
    var rate: Int
    var seconds: Int
    var seed: UInt64
    /// When the first player sets out, epoch milliseconds.
    var startMs: Int64
    /// Simulated milliseconds for one of the wall clock's, 1 or more.
    var speed: Int
    var profile = ArrivalProfile.steady
    /// Where the clue of the profile `drop` leads: a checkpoint's position in the definition.
    var clue: Int?

    /// Records of the walk at the mean rate. A steady walk has exactly so many.
    var records: Int { rate * seconds }

    /// The moment of a record by the simulated clock, epoch milliseconds.
    ///
    /// - Parameter dueNs: nanoseconds since the start.
    func moment(atNs dueNs: Int64) -> Int64 {
        let (seconds, rest) = (dueNs / 1_000).quotientAndRemainder(dividingBy: 1_000_000)
        return startMs + seconds * 1_000 * Int64(speed) + rest * Int64(speed) / 1_000
    }
}
