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

    /// Writes the report as JSON, making the folder where it is missing.
    func write(to path: String) throws(BenchFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try encoder.encode(self).write(to: url)
        } catch {
            throw .failed("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Runs of the same kind, in the order of the first ones.
    var groups: [RunGroup] {
        var groups: [RunGroup] = []
        for result in results {
            let isSame: (RunGroup) -> Bool = {
                $0.name == result.name && $0.mix == result.mix && $0.revision == result.revision
            }
            if let place = groups.firstIndex(where: isSame) {
                groups[place].results.append(result)
            } else {
                groups.append(
                    RunGroup(name: result.name, mix: result.mix, revision: result.revision, results: [result]))
            }
        }
        return groups
    }
}

/// Repetitions of one run by one program.
struct RunGroup {
    var name: String
    var mix: String
    var revision: String
    var results: [RunResult]

    /// The median of a figure; of an even number of runs the mean of the two in the middle. nil when a run lacks it.
    func median(_ figure: (RunResult) -> Double?) -> Double? {
        let values = results.compactMap(figure).sorted()
        if values.isEmpty || values.count < results.count { return nil }
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }
}
