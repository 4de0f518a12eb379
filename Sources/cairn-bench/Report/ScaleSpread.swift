/// What a million scans cost several workers together, compared with one worker at the same rate.
struct ScaleSpread {
    static let title = "Worker CPU for a million scans, all workers together, by that of one in the same round"

    /// Of each group of runs with several workers: how many, and the median of the rounds' ratios.
    private(set) var entries: [(mix: String, revision: String, workers: Int, ratio: Double)] = []

    init(_ groups: [RunGroup]) {
        let scaled = groups.compactMap { group in group.results.first?.workers.map { (group: group, workers: $0) } }
        for (group, workers) in scaled where workers > 1 {
            let one = scaled.first {
                $0.workers == 1 && $0.group.mix == group.mix && $0.group.revision == group.revision
            }
            guard let one, let ratio = group.ratios(to: one.group, { $0.cpuPerMillion.worker })?.median else {
                continue
            }
            entries.append((group.mix, group.revision, workers, ratio))
        }
    }

    var lines: [String] {
        entries.map { "mix \($0.mix), \($0.revision), \($0.workers) workers: \($0.ratio.formatted(3))" }
    }
}
