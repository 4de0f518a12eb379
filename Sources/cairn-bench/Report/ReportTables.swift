import Foundation

/// The report for a reader: medians by run, and ratios to the base where there is one.
struct ReportTables {
    let report: BenchReport

    private typealias Column = (title: String, digits: Int, figure: @Sendable (RunResult) -> Double?)
    private static let megabyte = 1_048_576.0

    private static let costs: [Column] = [
        ("scans/s", 0, { $0.scansPerSecond }), ("worker", 2, { $0.cpuPerMillion.worker }),
        ("postgres", 2, { $0.cpuPerMillion.postgres }), ("redis", 2, { $0.cpuPerMillion.redis }),
        ("broker", 2, { $0.cpuPerMillion.broker }), ("all", 2, { $0.cpuPerMillion.sum }),
        ("peak MiB", 0, { Double($0.peakMemory) / megabyte }), ("flushes", 0, { Double($0.flushes) }),
        ("records/flush", 0, { $0.recordsPerFlush }), ("facts/flush", 0, { $0.factsPerFlush }),
        ("start s", 1, { $0.startUpSeconds }),
    ]

    private static let latencies: [Column] = [
        ("p50", 2, { $0.load?.latency.p50 }), ("p99", 2, { $0.load?.latency.p99 }),
        ("p99.9", 2, { $0.load?.latency.p999 }), ("max", 1, { $0.load?.latency.max }),
        ("floor p50", 2, { $0.load?.floor.p50 }), ("floor p99", 2, { $0.load?.floor.p99 }),
        ("less floor p50", 2, { $0.load.map { $0.latency.p50 - $0.floor.p50 } }),
        ("p99", 2, { $0.load.map { $0.latency.p99 - $0.floor.p99 } }),
        ("late p99", 1, { $0.load?.lateness.p99 }), ("max", 1, { $0.load?.lateness.max }),
        ("settled s", 2, { $0.load?.settledSeconds }), ("probes", 0, { $0.load.map { Double($0.latency.count) } }),
    ]

    /// All tables, ready to print.
    var text: String {
        let groups = report.groups
        var parts = ["CPU-seconds per million scans, of each component and of all:", table(groups, Self.costs)]
        let loads = groups.filter { $0.results.allSatisfy { $0.load != nil } }
        if !loads.isEmpty {
            parts += ["", "From due until visible in Redis, milliseconds:", table(loads, Self.latencies)]
            parts += loads.compactMap(\.lateRemark)
        }
        let spread = ScaleSpread(groups).lines
        if !spread.isEmpty {
            parts += ["", "\(ScaleSpread.title) (target: within 10 %):"] + spread
        }
        let ratios = ratioLines(groups)
        if !ratios.isEmpty {
            parts += ["", "Ratios of the medians, \(report.revisions.joined(separator: " to ")):"] + ratios
        }
        return parts.joined(separator: "\n")
    }

    private func table(_ groups: [RunGroup], _ columns: [Column]) -> String {
        let hasRevisions = report.revisions.count > 1
        let heads = ["run", "mix"] + (hasRevisions ? ["revision"] : []) + columns.map(\.title)
        let rows = groups.map { group in
            [group.name, group.mix] + (hasRevisions ? [group.revision] : [])
                + columns.map { column in group.median(column.figure).map { Self.format($0, column.digits) } ?? "-" }
        }
        let widths = heads.indices.map { column in ([heads] + rows).map { $0[column].count }.max() ?? 0 }
        let texts = hasRevisions ? 3 : 2
        return ([heads] + rows).map { row in
            zip(row.indices, row).map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column < texts ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// Above 1 means that the program under test has more of it.
    private func ratioLines(_ groups: [RunGroup]) -> [String] {
        guard report.revisions.count == 2 else { return [] }
        return groups.filter { $0.revision == report.revisions[0] }.compactMap { group in
            let isBase: (RunGroup) -> Bool = {
                $0.name == group.name && $0.mix == group.mix && $0.revision == report.revisions[1]
            }
            guard let base = groups.first(where: isBase) else { return nil }
            func ratio(_ title: String, _ figure: (RunResult) -> Double?) -> String? {
                guard let mine = group.median(figure), let other = base.median(figure), other > 0 else { return nil }
                return "\(title) \(Self.format(mine / other, 3))"
            }
            let ratios = [
                ratio("scans/s", { $0.scansPerSecond }), ratio("worker CPU", { $0.cpuPerMillion.worker }),
                ratio("all CPU", { $0.cpuPerMillion.sum }), ratio("peak memory", { Double($0.peakMemory) }),
                ratio("p50", { $0.load?.latency.p50 }), ratio("p99", { $0.load?.latency.p99 }),
            ]
            return "\(group.name), mix \(group.mix): " + ratios.compactMap { $0 }.joined(separator: ", ")
        }
    }

    private static func format(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
