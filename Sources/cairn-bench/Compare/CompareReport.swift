/// All exact runs of one comparison, with what is needed to repeat it.
struct CompareReport: Codable {
    struct Parameters: Codable {
        var runs: Int
        /// Records drained, by mix.
        var records: [String: Int]
        var players: Int
        var zipf: Double
        var seed: UInt64
        var rate: Int
        var pacedSeconds: Int
        var partitions = BenchStage.partitions
        var checkpoints = BenchHunt.checkpoints
    }

    /// Somebody, or one of its jobs, without figures.
    struct Absence: Codable, Equatable {
        var name: String
        /// What it would have done; nil when it could not even be built.
        var job: String?
        var reason: String
    }

    /// How cairn is called among the contenders.
    static let cairn = "cairn"

    /// When it began, RFC 3339.
    var date: String
    var machine: Machine?
    /// Words of the command.
    var command: [String]
    /// Of cairn.
    var revision: String
    var parameters: Parameters
    /// In the order of their turns, cairn first.
    var contenders: [String]
    var absences: [Absence] = []
    var results: [RunResult] = []

    var groups: [RunGroup] { RunGroup.all(of: results) }

    /// Forgets the rounds that somebody has run of a job, so that rounds stay together.
    mutating func exclude(_ name: String, job: String, mix: String, because reason: String) {
        results.removeAll { $0.revision == name && $0.name == job && $0.mix == mix }
        absences.append(Absence(name: name, job: "\(job), mix \(mix)", reason: reason))
    }
}
