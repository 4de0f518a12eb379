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

    /// Records in all.
    var records: Int { rate * seconds }

    /// The moment of a record by the simulated clock, epoch milliseconds. Record 0 comes at the start.
    func moment(ofRecord number: Int) -> Int64 {
        let (seconds, rest) = number.quotientAndRemainder(dividingBy: rate)
        return startMs + Int64(seconds) * 1_000 * Int64(speed) + Int64(rest) * 1_000 * Int64(speed) / Int64(rate)
    }
}
