import Foundation

/// A comparison for a reader, as Markdown.
struct CompareTable {
    let report: CompareReport

    private static let megabyte = 1_048_576.0
    private static let mixes = ["R", "W"]

    var text: String {
        ([head, "", figures] + remarks + ["", ratios]).joined(separator: "\n")
    }

    private var head: String {
        let records = Self.mixes.compactMap { mix in
            report.parameters.records[mix].map { "\(Self.grouped(Double($0))) of mix \(mix)" }
        }
        return """
            \(report.date), \(report.machine?.text ?? "unknown machine"); cairn \(report.revision)

                \(report.command.joined(separator: " "))

            Medians of \(report.parameters.runs) exact run(s) in turn; drained: \(records.joined(separator: ", ")); \
            \(Self.grouped(Double(report.parameters.players))) players.
            """
    }

    // MARK: Figures

    private var figures: String {
        let rate = Self.grouped(Double(report.parameters.rate))
        let heads = [
            "worker", "mix R scans/s", "mix W scans/s", "worker CPU-s per million R / W",
            "whole box CPU-s per million R / W", "peak MiB R / W", "p50 / p99 at \(rate)/s, ms", "less the floor",
        ]
        let groups = report.groups
        let rows = report.contenders.map { name in
            let own = groups.filter { $0.revision == name }
            let drains = Self.mixes.map { mix in own.first { $0.name == "drain" && $0.mix == mix } }
            let paced = own.first { $0.results.first?.load != nil }
            let rates = drains.map { Self.shown($0?.median(\.scansPerSecond), Self.grouped) }
            return [name] + rates + [
                Self.pair(drains.map { $0?.median(\.cpuPerMillion.worker) }, 2),
                Self.pair(drains.map { $0?.median(\.cpuPerMillion.sum) }, 2),
                Self.pair(drains.map { $0?.median { Double($0.peakMemory) / Self.megabyte } }, 0),
                Self.pair([paced?.median(\.load?.latency.p50), paced?.median(\.load?.latency.p99)], 1),
                Self.pair(
                    [
                        paced?.median { $0.load.map { $0.latency.p50 - $0.floor.p50 } },
                        paced?.median { $0.load.map { $0.latency.p99 - $0.floor.p99 } },
                    ], 1),
            ]
        }
        return Self.table(heads, rows)
    }

    private var remarks: [String] {
        let absent = report.absences.map { absence in
            absence.job.map { "- \(absence.name) has no figures of \($0): \(absence.reason)" }
                ?? "- \(absence.name) skipped: \(absence.reason)"
        }
        let late = report.groups.compactMap(\.lateRemark).map { "- \($0)" }
        return absent.isEmpty && late.isEmpty ? [] : [""] + absent + late
    }

    // MARK: Ratios

    private var ratios: String {
        let heads = ["ratio", "of", "median of the rounds", "lowest", "highest", "target", ""]
        let rows = CompareRatio.all(of: report).map { ratio in
            [
                "cairn / \(ratio.other)", "\(ratio.figure), mix \(ratio.mix)", ratio.median.formatted(2),
                ratio.lowest.formatted(2), ratio.highest.formatted(2),
                Self.shown(ratio.target) { ">= \($0.formatted(1))" },
                ratio.isReached.map { $0 ? "reached" : "missed" } ?? "",
            ]
        }
        return Self.table(heads, rows)
    }

    // MARK: Cells

    private static func table(_ heads: [String], _ rows: [[String]]) -> String {
        ([heads, heads.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }

    private static func shown(_ value: Double?, _ format: (Double) -> String) -> String { value.map(format) ?? "-" }

    private static func pair(_ values: [Double?], _ digits: Int) -> String {
        values.map { shown($0) { $0.formatted(digits) } }.joined(separator: " / ")
    }

    /// `1,268,000`
    private static func grouped(_ value: Double) -> String {
        value.formatted(.number.precision(.fractionLength(0)).locale(Locale(identifier: "en_US")))
    }
}
