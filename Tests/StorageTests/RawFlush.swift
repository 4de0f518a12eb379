/// A call of `cairn.flush` as text, so that the function is tested without the code that usually calls it.
struct RawFlush {
    struct Share {
        var partition = 0
        var epoch = 1
        var from = 0
        var next = 0
        var published = 0
        var first = 0
        var earlier = 0
        var repeats = 0
        var refusals = 0
        var changes = 0
    }

    struct Fact {
        var isNew = true
        var player = "anna"
        var checkpoint = 1
        /// Epoch milliseconds.
        var at = opening
        var event = "e1"
        var partition = 0
        var offset = 0
    }

    struct Score {
        var player = "anna"
        var score = 10
        var unlocks = 1
        var reachedAt: Int64? = opening
        var version = 1
        var factsSeq = 1
    }

    struct Refusal {
        var partition = 0
        var offset = 0
        var reason = "malformed"
        /// Hours since 1970.
        var hour = 495_000
    }

    var generation = 0
    var shares: [Share] = []
    var facts: [Fact] = []
    var scores: [Score] = []
    var refusals: [Refusal] = []
    /// Reason, hour, count.
    var counts: [(String, Int, Int)] = []

    var sql: String {
        let arguments =
            ["'scans'", "'cairn'", "\(generation)"] + shareArguments + factArguments + scoreArguments + refusalArguments
        return "select cairn.flush(\(arguments.joined(separator: ", ")))"
    }

    private var shareArguments: [String] {
        [
            array(shares.map { "\($0.partition)" }, "int"), array(shares.map { "\($0.epoch)" }, "bigint"),
            array(shares.map { "\($0.from)" }, "bigint"), array(shares.map { "\($0.next)" }, "bigint"),
            array(shares.map { "\($0.published)" }, "bigint"), array(shares.map { "\($0.first)" }, "bigint"),
            array(shares.map { "\($0.earlier)" }, "bigint"), array(shares.map { "\($0.repeats)" }, "bigint"),
            array(shares.map { "\($0.refusals)" }, "bigint"), array(shares.map { "\($0.changes)" }, "bigint"),
        ]
    }

    private var factArguments: [String] {
        [
            array(facts.map { "\($0.isNew)" }, "boolean"), array(facts.map { _ in "1" }, "int"),
            array(facts.map { "'\($0.player)'" }, "text"),
            array(facts.map { "\($0.checkpoint)" }, "int"), array(facts.map { time($0.at) }, "timestamptz"),
            array(facts.map { "'\($0.event)'" }, "text"), array(facts.map { _ in "null" }, "text"),
            array(facts.map { "\($0.partition)" }, "int"), array(facts.map { "\($0.offset)" }, "bigint"),
        ]
    }

    private var scoreArguments: [String] {
        [
            array(scores.map { _ in "1" }, "int"), array(scores.map { "'\($0.player)'" }, "text"),
            array(scores.map { "\($0.score)" }, "bigint"), array(scores.map { "\($0.unlocks)" }, "int"),
            array(scores.map { $0.reachedAt.map(time) ?? "null" }, "timestamptz"),
            array(scores.map { "\($0.version)" }, "bigint"), array(scores.map { "\($0.factsSeq)" }, "bigint"),
        ]
    }

    private var refusalArguments: [String] {
        [
            array(refusals.map { "\($0.partition)" }, "int"), array(refusals.map { "\($0.offset)" }, "bigint"),
            array(refusals.map { "'\($0.reason)'" }, "text"), array(refusals.map { _ in "'no detail'" }, "text"),
            array(refusals.map { _ in "'{\"hunt\":\"small\"}'" }, "bytea"),
            array(refusals.map { time(Int64($0.hour) * 3_600_000 + Int64($0.offset)) }, "timestamptz"),
            array(refusals.map { time(Int64($0.hour) * 3_600_000) }, "timestamptz"),
            array(counts.map { "'\($0.0)'" }, "text"),
            array(counts.map { time(Int64($0.1) * 3_600_000) }, "timestamptz"),
            array(counts.map { "\($0.2)" }, "bigint"),
        ]
    }

    private func array(_ elements: [String], _ type: String) -> String {
        "array[\(elements.joined(separator: ","))]::\(type)[]"
    }

    private func time(_ ms: Int64) -> String { "to_timestamp(\(ms) / 1000.0)" }
}
