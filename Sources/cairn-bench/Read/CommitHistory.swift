/// A transaction that changed scores.
struct Commit: Sendable {
    struct Change: Sendable {
        var player: Int
        var state: ScoreState
    }

    var transaction: UInt64
    /// When it was committed, epoch microseconds. Others see it a little later.
    var committedUs: Int64
    var changes: [Change]
}

/// Which transactions a look at Postgres saw as ended.
struct SeenSnapshot: Sendable {
    /// After the look, epoch microseconds.
    var atUs: Int64
    /// All below have ended.
    var lowest: UInt64
    /// None from here on has.
    var end: UInt64
    /// Those in between that have not.
    var running: Set<UInt64>

    func holds(_ transaction: UInt64) -> Bool {
        transaction < lowest || (transaction < end && !running.contains(transaction))
    }

    /// - Parameter text: as `pg_current_snapshot` writes it, `10:20:10,14,15`.
    init?(atUs: Int64, text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let lowest = UInt64(parts[0]), let end = UInt64(parts[1]) else { return nil }
        self.atUs = atUs
        self.lowest = lowest
        self.end = end
        running = Set(parts[2].split(separator: ",").compactMap { UInt64($0) })
    }
}

/// All that happened to the scores, in the order in which it was committed, and who could see it when.
struct CommitHistory: Sendable {
    let commits: [Commit]
    private let snapshots: [SeenSnapshot]
    /// By snapshot, how many commits from the first on it holds without a gap, and up to where it holds any.
    private let held: [(unbroken: Int, end: Int)]
    /// The earliest moment of this commit and all after it.
    private let earliestUs: [Int64]

    /// Commits that others may see before one that was committed before them; two flushes are under way at most.
    private static let overtakersMax = 16

    init(commits: [Commit], snapshots: [SeenSnapshot]) {
        self.commits = commits
        self.snapshots = snapshots
        var held: [(unbroken: Int, end: Int)] = []
        var unbroken = 0
        for snapshot in snapshots {
            while unbroken < commits.count, snapshot.holds(commits[unbroken].transaction) { unbroken += 1 }
            let ahead = unbroken..<min(commits.count, unbroken + Self.overtakersMax)
            let end = ahead.last { snapshot.holds(commits[$0].transaction) }.map { $0 + 1 } ?? unbroken
            held.append((unbroken, end))
        }
        self.held = held
        var earliest: [Int64] = commits.map(\.committedUs)
        for position in commits.indices.dropLast().reversed() {
            earliest[position] = min(earliest[position], earliest[position + 1])
        }
        earliestUs = earliest
    }

    /// The states that an answer may show.
    ///
    /// - Parameters:
    ///   - asOf: epoch milliseconds; what could be seen then must be in it.
    ///   - receivedUs: epoch microseconds; what was committed later cannot be in it.
    func window(asOf: Int64, receivedUs: Int64) -> StateWindow {
        let seen = Self.count(snapshots) { $0.atUs <= asOf * 1_000 }
        let (unbroken, end) = seen == 0 ? (0, 0) : held[seen - 1]
        return StateWindow(unbroken: unbroken, start: end, end: max(end, Self.count(earliestUs) { $0 <= receivedUs }))
    }

    /// How many elements from the first on fulfil what no later one does.
    private static func count<Element>(_ elements: [Element], while holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if holds(elements[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// States between two moments: after the first `start ... end` commits; and after `n + 2` of them without number `n`, from
/// `unbroken` on, since two that are committed together may become visible in the other order.
struct StateWindow: Equatable, Sendable {
    var unbroken: Int
    var start: Int
    var end: Int

    func allows(first commits: Int) -> Bool { (start...end).contains(commits) }

    func allows(first commits: Int, without left: Int) -> Bool {
        left >= unbroken && commits >= start && commits <= end
    }
}
