/// Compares answers with the naive ones, in all committed states that they may show (faults.md: right is what equals the
/// naive answer in some committed state between the answer's `as_of` and its arrival).
struct AnswerJudge {
    /// What came of it.
    struct Verdict: Codable, Equatable, Sendable {
        var checked = 0
        /// Answers that equal no naive one, or cannot be read.
        var wrong = 0
        /// Right answers whose version is that of another state.
        var mislabelled = 0
        /// How old states were when their answers arrived, milliseconds.
        var age: Quantiles?
        /// The first wrong ones, one a line.
        var details: [String] = []

        var isRight: Bool { wrong == 0 && mislabelled == 0 }
    }

    private struct Case {
        let number: Int
        let question: ReadQuestion
        let body: AnswerBody
        let window: StateWindow
    }

    private let initial: NaiveBoard
    private let history: CommitHistory
    private static let detailsMax = 10
    /// Wrong answers that are looked at in every state of their time, each some milliseconds a state.
    private static let secondLooksMax = 200

    /// - Parameter initial: the scores before the first commit.
    init(initial: NaiveBoard, history: CommitHistory) {
        self.initial = initial
        self.history = history
    }

    func judge(_ answers: [KeptAnswer]) -> Verdict {
        var verdict = Verdict()
        var ages = LatencyRecorder()
        var cases: [Case] = []
        for (number, answer) in answers.enumerated() {
            verdict.checked += 1
            guard let body = AnswerBody(answer) else {
                note("\(answer.question) cannot be read: \(Self.text(answer.body))", in: &verdict)
                continue
            }
            let ageUs = answer.receivedUs - body.asOf * 1_000
            // A state is named by milliseconds, rounded down.
            if ageUs < 0 {
                note("\(answer.question) is of \(-ageUs) us after it came: \(Self.text(answer.body))", in: &verdict)
                continue
            }
            ages.add(ageUs * 1_000)
            let window = history.window(asOf: body.asOf, receivedUs: answer.receivedUs)
            cases.append(Case(number: number, question: answer.question, body: body, window: window))
        }
        let strangers = unsettled(cases, byVersion: true)
        let wrong = unsettled(Array(strangers.prefix(Self.secondLooksMax)), byVersion: false)
        verdict.mislabelled = min(strangers.count, Self.secondLooksMax) - wrong.count
        for stranger in wrong + strangers.dropFirst(Self.secondLooksMax) {
            note(
                """
                \(stranger.question), version \(stranger.body.version), from \(stranger.body.source), equals no state \
                after \(stranger.window.start) to \(stranger.window.end) of \(history.commits.count) commits: \
                \(Self.text(answers[stranger.number].body))
                """, in: &verdict)
        }
        verdict.age = ages.quantiles
        return verdict
    }

    private func note(_ detail: String, in verdict: inout Verdict) {
        verdict.wrong += 1
        if verdict.details.count < Self.detailsMax { verdict.details.append(detail) }
    }

    private static func text(_ body: [UInt8]) -> String { String(decoding: body.prefix(400), as: UTF8.self) }

    // MARK: Replay

    /// Plays all commits once more and compares on the way.
    ///
    /// - Parameter byVersion: whether a case is compared only with states of its own version.
    /// - Returns: the cases that equal no state of their window.
    private func unsettled(_ cases: [Case], byVersion: Bool) -> [Case] {
        if cases.isEmpty { return [] }
        let waiting = cases.sorted { $0.window.start < $1.window.start }
        var next = 0
        var open: [Case] = []
        var left: [Case] = []
        var replay = Replay(initial)
        for count in 0...history.commits.count {
            while next < waiting.count, waiting[next].window.start <= count {
                open.append(waiting[next])
                next += 1
            }
            settle(&open, in: &replay, after: count, byVersion)
            left += open.filter { $0.window.end <= count }
            open.removeAll { $0.window.end <= count }
            if next == waiting.count && open.isEmpty { break }
            if count < history.commits.count { replay.apply(history.commits[count]) }
        }
        return left.sorted { $0.number < $1.number }
    }

    private func settle(_ open: inout [Case], in replay: inout Replay, after count: Int, _ byVersion: Bool) {
        let version = replay.board.version
        open.removeAll { one in
            one.window.allows(first: count) && (!byVersion || one.body.version == version)
                && replay.answer(to: one.question) == one.body.content
        }
        let allowed = open.filter {
            $0.window.allows(first: count, without: count - 2)
                && (!byVersion || $0.body.version == version - replay.growthBeforeLast)
        }
        if allowed.isEmpty { return }
        replay.withoutLastButOne { board in
            let right = Set(allowed.filter { board.answer(to: $0.question) == $0.body.content }.map(\.number))
            open.removeAll { right.contains($0.number) }
        }
    }
}

/// A naive board that goes from commit to commit.
private struct Replay {
    private(set) var board: NaiveBoard
    /// Of the last two commits, what players had before, and have since.
    private var before: [[Commit.Change]] = []
    private var since: [[Commit.Change]] = []
    /// How much the last commit but one added to the version.
    private(set) var growthBeforeLast: Int64 = 0
    private var growth: Int64 = 0
    /// The first of the board in this state.
    private var first: AnswerContent?

    init(_ board: NaiveBoard) { self.board = board }

    mutating func answer(to question: ReadQuestion) -> AnswerContent {
        guard case .board = question else { return board.answer(to: question) }
        let content = first ?? board.answer(to: question)
        first = content
        return content
    }

    mutating func apply(_ commit: Commit) {
        let version = board.version
        let old = commit.changes.map { Commit.Change(player: $0.player, state: board.set($0.player, $0.state)) }
        before = before.suffix(1) + [old]
        since = since.suffix(1) + [commit.changes]
        growthBeforeLast = growth
        growth = board.version - version
        first = nil
    }

    /// Shows the state as if the last commit had come before the one before it. Where both changed the same player it
    /// cannot have.
    mutating func withoutLastButOne(_ body: (NaiveBoard) -> Void) {
        guard before.count == 2 else { return }
        let players = Set(since[1].map(\.player))
        if since[0].contains(where: { players.contains($0.player) }) { return }
        for change in before[0].reversed() { board.set(change.player, change.state) }
        body(board)
        for change in since[0] { board.set(change.player, change.state) }
    }
}
