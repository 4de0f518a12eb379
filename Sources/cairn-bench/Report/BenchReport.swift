import Foundation

/// All exact runs of one call, with what is needed to repeat them.
struct BenchReport: Codable {
    struct Parameters: Codable {
        var records: Int
        var players: Int
        var zipf: Double
        var seed: UInt64
        var pacedSeconds: Int
        var burstSeconds: Int
        var runs: Int
        /// Lines of the settings file that are not cairn's defaults.
        var settings: [String] = []
        var partitions = BenchStage.partitions
        var checkpoints = BenchHunt.checkpoints
    }

    /// When the call began, RFC 3339.
    var date: String
    var machine: Machine?
    var parameters: Parameters
    /// Names of the programs, the one under test first.
    var revisions: [String]
    var results: [RunResult] = []

    /// Runs of the same kind, in the order of the first ones.
    var groups: [RunGroup] { RunGroup.all(of: results) }
}
