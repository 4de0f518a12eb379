/// Repetitions of one run by one program, in the order in which they were made.
struct RunGroup {
    var name: String
    var mix: String
    var revision: String
    var results: [RunResult]

    /// Runs of the same kind together, in the order of the first ones.
    static func all(of results: [RunResult]) -> [RunGroup] {
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

    /// The median of a figure; nil when a run lacks it.
    func median(_ figure: (RunResult) -> Double?) -> Double? {
        let values = results.compactMap(figure)
        return values.count < results.count ? nil : values.median
    }

    /// A figure by that of another program in the same round, round by round. Programs take turns, so that a machine
    /// that gets slower meanwhile is so for both figures of a round. nil when a run lacks the figure or a round its
    /// partner.
    func ratios(to other: RunGroup, _ figure: (RunResult) -> Double?) -> [Double]? {
        guard results.count == other.results.count else { return nil }
        let ratios = zip(results, other.results).compactMap { own, other -> Double? in
            guard let own = figure(own), let other = figure(other), other > 0 else { return nil }
            return own / other
        }
        return ratios.isEmpty || ratios.count < results.count ? nil : ratios
    }

    /// What to know about the latencies of loads whose sender was late; nil when there is nothing.
    var lateRemark: String? {
        let late = results.filter { $0.load?.wasOnTime == false }.count
        if late == 0 { return nil }
        return """
            \(name), mix \(mix), \(revision): the sender did not keep its schedule in \(late) of \(results.count) runs; \
            these latencies count its own delay
            """
    }
}

extension [Double] {
    /// The value in the middle, of an even number of them the mean of the two there; nil without any.
    var median: Double? {
        if isEmpty { return nil }
        let sorted = sorted()
        let middle = count / 2
        return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
