/// Finds a short history that still fails: leaves out ever smaller parts of a failing one (Zeller, Hildebrandt:
/// "Simplifying and isolating failure-inducing input", 2002).
public struct Shrinker {
    private let parts: WorldParts
    /// Runs that may be tried.
    private var budget: Int

    /// - Parameters:
    ///   - parts: with the defect by which it failed.
    ///   - budget: how many runs to try at most.
    public init(parts: WorldParts = WorldParts(), budget: Int = 2_000) {
        self.parts = parts
        self.budget = budget
    }

    /// - Parameter history: one that fails.
    /// - Returns: one that fails too, with as few steps and faults as could be found.
    public mutating func shortest(_ history: History) -> History {
        var best = withoutRates(history)
        var size = max(1, best.count / 2)
        while true {
            best = without(stretchesOf: size, best)
            if size == 1 { break }
            size = max(1, size / 2)
        }
        return withoutRates(best)
    }

    private mutating func fails(_ history: History) -> Bool {
        if budget == 0 { return false }
        budget -= 1
        return !Simulation(history, parts: parts).run().isEmpty
    }

    /// Leaves out stretches of this many steps, the last first, as long as that succeeds somewhere.
    private mutating func without(stretchesOf size: Int, _ history: History) -> History {
        var best = history
        var isShorter = true
        while isShorter && budget > 0 {
            isShorter = false
            var end = best.count
            while end > 0 {
                let start = max(0, end - size)
                let shorter = best.with(Array(best.steps[..<start] + best.steps[end...]))
                if fails(shorter) {
                    best = shorter
                    isShorter = true
                }
                end = start
            }
        }
        return best
    }

    /// Switches off each kind of chance that the failure does not need.
    private mutating func withoutRates(_ history: History) -> History {
        var best = history
        let kinds: [WritableKeyPath<FaultRates, Int>] = [
            \.sourcePercent, \.leasePercent, \.readPercent, \.flushPercent, \.cachePercent, \.feedPercent,
        ]
        for kind in kinds where best.rates[keyPath: kind] > 0 {
            var quieter = best
            quieter.rates[keyPath: kind] = 0
            if fails(quieter) { best = quieter }
        }
        return best
    }
}
