import ArgumentParser

/// With whom to compare, and at what.
struct CompareOptions: ParsableArguments {
    enum Kind: String, Sendable {
        /// A backlog worked off.
        case drain
        /// Records by the clock, of the first mix only.
        case paced
    }

    @Option(help: "The folder of the other systems. It is only read.")
    var peers: String
    @Option(help: "Which of them, separated by commas.")
    var only = "limit,go"
    @Option(help: "Where they are built.")
    var home = ".bench/peers"
    @OptionGroup var workload: WorkloadOptions
    @Option(help: "Which runs: drain, paced, separated by commas.")
    var kinds = "drain,paced"
    @Option(help: "Records to drain. [default: 5000000 of mix R, 2000000 of mix W]")
    var count: Int?
    @Option(help: "How often each run is made; medians are shown.")
    var runs = 5
    @Option(help: "Length of paced runs in seconds.")
    var seconds = 20
    @Option(help: "The paced rate, records a second.")
    var rate = 20_000
    @Option(help: "The cairn to measure. [default: the one beside this program]")
    var binary: String?
    @Option(help: "Its revision, for the report.")
    var name = "today"
    @Option(
        help: "Where the results go as JSON; the tables go beside it as Markdown. [default: .bench/compare-TIME.json]")
    var json: String?

    private static let defaultCounts = ["R": 5_000_000, "W": 2_000_000]

    func validate() throws {
        try WorkloadOptions.check(runs: runs, seconds: seconds, rate: rate)
        if chosenKinds == nil { throw ValidationError("--kinds is a list of drain and paced") }
        if names.isEmpty || names.contains(where: { $0.contains("/") || $0 == "cairn" }) {
            throw ValidationError("--only is a list of folders in --peers")
        }
        for mix in workload.mixes {
            let count = records(mix)
            try workload.check(count: count, most: max(count, rate * (seconds + 3)))
        }
    }

    var names: [String] {
        var names: [String] = []
        for name in only.split(separator: ",").map(String.init) where !names.contains(name) { names.append(name) }
        return names
    }

    /// nil when the list names something else.
    var chosenKinds: [Kind]? {
        let kinds = kinds.split(separator: ",").map { Kind(rawValue: String($0)) }
        return kinds.contains(nil) || kinds.isEmpty ? nil : kinds.compactMap { $0 }
    }

    /// Records to drain.
    func records(_ mix: Mix) -> Int { count ?? Self.defaultCounts[mix.name] ?? 1_000_000 }
}
