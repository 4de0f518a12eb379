/// The figures of one run of readers.
struct ReadRun: Codable, Sendable {
    var name: String
    var seconds: Double
    /// Answers, whatever their status.
    var answers: Int
    var answersPerSecond: Double
    /// Milliseconds. Of an open loop from when a question was due, of a closed one from when it was asked.
    var latency: Quantiles?
    /// How late visits of an open loop began, milliseconds.
    var lateness: Quantiles?
    /// Answers by status. wrk tells only whether it is 400 or above: those count as 400.
    var statuses: [String: Int]
    /// Questions without an answer, by what happened.
    var failures: [String: Int]
    var cost: ReadCost
    /// The most that `cairn serve` has held until then, bytes (VmHWM).
    var serveMemory: Int
    /// From the start of `cairn serve` until it was ready.
    var serveStartSeconds: Double
    /// Scans that the worker took meanwhile.
    var scans: Int
    var verdict = AnswerJudge.Verdict()

    /// Answers of status 429: too much was asked.
    var limited: Int { statuses["429"] ?? 0 }
    /// Answers that are neither 200 nor 429, and questions without one.
    var errors: Int {
        let bad = statuses.filter { $0.key != "200" && $0.key != "429" }.values.reduce(0, +)
        return bad + failures.values.reduce(0, +)
    }
}

/// CPU seconds, user and system, by component.
struct ReadCost: Codable, Equatable, Sendable {
    var serve = 0.0
    var others = CPUSeconds()
    /// This program: producer, visitors, looks at Postgres. wrk is not in it.
    var bench = 0.0

    static func - (left: ReadCost, right: ReadCost) -> ReadCost {
        ReadCost(serve: left.serve - right.serve, others: left.others - right.others, bench: left.bench - right.bench)
    }
}
