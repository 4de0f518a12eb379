/// What one run does.
struct RunPlan: Sendable {
    enum Kind: Sendable, Equatable {
        /// A backlog of this many records, worked off by one worker.
        case drain(records: Int)
        /// Records as they come, for some seconds.
        case load(LoadProfile, seconds: Int)
    }

    var kind: Kind
    var mix: Mix
    /// Players, `1 ... ScanTemplate.playersMax`.
    var players: Int
    /// See `PlayerChoice`.
    var exponent: Double
    var seed: UInt64
    /// The program under test, and how it is called in the report.
    var program: String
    var revision: String

    /// How the run is called in the report.
    var name: String {
        switch kind {
        case .drain: "drain"
        case .load(.steady(let rate), _): "paced \(rate)/s"
        case .load(.bursts(let mean), _): "bursts \(mean)/s"
        }
    }

    func makeTrace() -> ScanTrace { ScanTrace(mix, players: players, exponent: exponent, seed: seed) }
}
