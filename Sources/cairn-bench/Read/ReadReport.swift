import Foundation

/// All runs of `cairn-bench read`, with what is needed to repeat them.
struct ReadReport: Codable {
    struct Parameters: Codable {
        var players: Int
        var checkpoints = BenchHunt.checkpoints
        /// Scans a second, while everything is read.
        var scansPerSecond: Int
        var mix: String
        var seconds: Int
        var connections: Int
        var threads: Int
        var clients: Int
        var withinSeconds: Int
        var seed: UInt64
        /// Lines of the settings file that are not cairn's defaults.
        var settings: [String]
    }

    /// When the call began, RFC 3339.
    var date: String
    var revision: String
    var machine: Machine?
    var parameters: Parameters
    var runs: [ReadRun] = []
    /// Transactions that changed scores, and the changes in them.
    var commits = 0
    var changes = 0

    /// What must not be, one a line.
    var faults: [String] {
        runs.flatMap { run -> [String] in
            var faults = run.verdict.details
            if run.verdict.wrong > faults.count { faults.append("… \(run.verdict.wrong) wrong answers in all") }
            if run.verdict.mislabelled > 0 {
                faults.append("\(run.verdict.mislabelled) right answers bear the version of another state")
            }
            if run.verdict.checked == 0 { faults.append("no answer was checked") }
            if run.errors > 0 { faults.append("\(run.errors) errors other than 429") }
            return faults.map { "\(run.name): \($0)" }
        }
    }
}

/// The report for a reader.
struct ReadTable {
    let report: ReadReport
    private static let megabyte = 1_048_576.0
    private static let answerHeads = [
        "run", "answers/s", "p50", "p99", "p99.9", "max", "errors", "429", "checked", "wrong", "age p50", "age p99",
        "late p99",
    ]
    private static let costHeads = [
        "run", "serve", "worker", "postgres", "redis", "broker", "bench", "serve us", "serve MiB", "ready s", "scans/s",
    ]

    var text: String {
        let answers = report.runs.map { run in
            [
                run.name, run.answersPerSecond.formatted(0), Self.ms(run.latency?.p50), Self.ms(run.latency?.p99),
                Self.ms(run.latency?.p999), Self.ms(run.latency?.max), "\(run.errors)", "\(run.limited)",
                "\(run.verdict.checked)", "\(run.verdict.wrong + run.verdict.mislabelled)",
                Self.ms(run.verdict.age?.p50), Self.ms(run.verdict.age?.p99), Self.ms(run.lateness?.p99),
            ]
        }
        let costs = report.runs.map { run in
            let seconds = max(run.seconds, 0.001)
            return [run.name]
                + [
                    run.cost.serve, run.cost.others.worker, run.cost.others.postgres, run.cost.others.redis,
                    run.cost.others.broker, run.cost.bench,
                ].map { ($0 / seconds).formatted(3) }
                + [
                    (run.cost.serve * 1e6 / Double(max(1, run.answers))).formatted(1),
                    (Double(run.serveMemory) / Self.megabyte).formatted(0), run.serveStartSeconds.formatted(1),
                    (Double(run.scans) / seconds).formatted(0),
                ]
        }
        let tables = [
            "Answers, and milliseconds from due (wrk: from asked) until answered; age is now less as_of:",
            Self.table(Self.answerHeads, answers), "",
            "CPU-seconds a second, of each component; serve's microseconds an answer:",
            Self.table(Self.costHeads, costs), "",
            "held against \(report.changes) changes of scores in \(report.commits) transactions",
        ]
        return tables.joined(separator: "\n") + remarks
    }

    private var remarks: String {
        let failed = report.runs.filter { !$0.failures.isEmpty || $0.errors > 0 }
        return failed.map { run in
            let parts = (run.statuses.filter { $0.key != "200" }.map { ($0, $1) } + run.failures.map { ($0, $1) })
            return "\n\(run.name): " + parts.sorted { $0.0 < $1.0 }.map { "\($1) x \($0)" }.joined(separator: ", ")
        }.joined()
    }

    private static func ms(_ value: Double?) -> String { value.map { $0.formatted(2) } ?? "-" }

    private static func table(_ heads: [String], _ rows: [[String]]) -> String {
        let widths = heads.indices.map { column in ([heads] + rows).map { $0[column].count }.max() ?? 0 }
        return ([heads] + rows).map { row in
            zip(row.indices, row).map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
