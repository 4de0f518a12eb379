/// All that was sampled in a soak.
struct SoakFigures: Equatable {
    /// Of the worker that lives through the whole run. Bytes.
    var memory = Series()
    var descriptors = Series()
    var connections = Series()
    var threads = Series()
    /// Postgres' processes for clients, and the most memory that one of them held, bytes.
    var backends = Series()
    var backendMemory = Series()
    /// Records acknowledged by Kafka and not committed yet.
    var lag = Series()
    /// Of each worker that came and went, the most it held.
    var passing: [ProcessSample] = []
    /// The same for memory alone, by when they left. Where it grows as much as the lasting worker's, there is more to
    /// hold, and not a leak.
    var passingMemory = Series()
    /// The longest that a worker took to end after SIGTERM, milliseconds.
    var slowestLeaveMs: Int64 = 0
    /// Workers that ended otherwise than they were told to.
    var troubles: [String] = []

    /// Samples as lines of CSV, for a picture.
    var csv: String {
        let columns: [(String, Series)] = [
            ("memory_bytes", memory), ("descriptors", descriptors), ("connections", connections), ("threads", threads),
            ("backends", backends), ("backend_memory_bytes", backendMemory), ("lag_records", lag),
        ]
        let rows = memory.points.indices.map { row in
            ([memory.points[row].minute] + columns.map { $0.1.points[row].value }).map { "\($0)" }
                .joined(separator: ",")
        }
        return ([(["minute"] + columns.map(\.0)).joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
    }
}

/// Whether a soak's figures are flat.
struct SoakJudgement: Equatable {
    /// What is not flat, a sentence each.
    private(set) var faults: [String] = []
    /// From this minute on samples count: caches and queues have filled by then.
    let warmUpMinutes: Double
    /// A slope says nothing in a few minutes, in which one rebalance more or less decides it.
    let isSlopeJudged: Bool

    static let slopeMaxMegabytes = 1.0
    static let slopeMinutesMin = 5.0
    /// Threads of the system's pool and connections to Postgres come and go with rebalances.
    static let countGrowthMax = 2.0
    /// The worker's bounds add up to 260 MiB in a soak: 4 of states, 64 fetched ahead, 64 in the feed's queue, 128 in
    /// two calls, lanes and rings. Half as much again for the allocator.
    static let memoryMax = 400.0 * 1_048_576
    static let leaveMsMax: Int64 = 5_000

    /// - Parameter minutes: the length of the run.
    init(_ figures: SoakFigures, minutes: Double) {
        warmUpMinutes = min(5, minutes / 3)
        isSlopeJudged = minutes - warmUpMinutes >= Self.slopeMinutesMin
        faults += figures.troubles
        judgeMemory(figures)
        let counts = [
            ("descriptors", figures.descriptors), ("connections", figures.connections), ("threads", figures.threads),
            ("Postgres' processes for clients", figures.backends),
        ]
        for (name, series) in counts {
            let (first, last) = series.from(minute: warmUpMinutes).quarters
            if last > first + Self.countGrowthMax { faults.append("\(name) grew from \(Int(first)) to \(Int(last))") }
        }
        if figures.slowestLeaveMs > Self.leaveMsMax {
            faults.append("a worker took \(figures.slowestLeaveMs) ms to end, and not at most \(Self.leaveMsMax)")
        }
    }

    private mutating func judgeMemory(_ figures: SoakFigures) {
        if isSlopeJudged {
            for (name, series) in [("the worker's", figures.memory), ("a Postgres process'", figures.backendMemory)] {
                let slope = series.from(minute: warmUpMinutes).slope / 1_048_576
                if slope >= Self.slopeMaxMegabytes {
                    faults.append("\(name) memory grew by \(slope.formatted(2)) MiB a minute")
                }
            }
        }
        let most = ([figures.memory.largest] + figures.passing.map { Double($0.memory) }).max() ?? 0
        if most > Self.memoryMax { faults.append("a worker held \((most / 1_048_576).formatted(0)) MiB") }
    }
}

extension Double {
    func formatted(_ digits: Int) -> String { formatted(.number.precision(.fractionLength(digits)).grouping(.never)) }
}
