import Foundation

/// A soak's figures for a reader.
struct SoakTable {
    let figures: SoakFigures
    let judgement: SoakJudgement

    private static let megabyte = 1_048_576.0

    var text: String {
        let rows: [[String]] =
            [["", "begin", "end", "most", "per minute"]] + [
                row("lasting worker: memory, MiB", figures.memory, 1, in: Self.megabyte),
                row("  descriptors", figures.descriptors, 0), row("  TCP connections", figures.connections, 0),
                row("  threads", figures.threads, 0), row("Postgres: processes for clients", figures.backends, 0),
                row("  memory of the largest, MiB", figures.backendMemory, 1, in: Self.megabyte),
                row("records not yet committed", figures.lag, 0),
                row("passing workers: most memory, MiB", figures.passingMemory, 1, in: Self.megabyte),
            ]
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row.indices, row).map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
        return (lines + [remark]).joined(separator: "\n")
    }

    /// Begin and end are medians of a quarter of the time after the warm-up.
    private func row(_ name: String, _ series: Series, _ digits: Int, in unit: Double = 1) -> [String] {
        let judged = series.from(minute: judgement.warmUpMinutes)
        let quarters = judged.quarters
        return [name] + [quarters.first, quarters.last, series.largest].map { ($0 / unit).formatted(digits) }
            + [(judged.slope / unit).formatted(2)]
    }

    private var remark: String {
        let warmUp =
            "begin, end and slope are of the time after \(judgement.warmUpMinutes.formatted(1)) minutes of warm-up"
        let slope = judgement.isSlopeJudged ? "" : "; the run is too short to judge a slope"
        let most = figures.passing.reduce(into: ProcessSample()) { most, sample in
            most.descriptors = max(most.descriptors, sample.descriptors)
            most.connections = max(most.connections, sample.connections)
            most.threads = max(most.threads, sample.threads)
        }
        return """
            \(figures.passing.count) passing workers held at most \(most.descriptors) descriptors, \(most.connections) connections, \
            \(most.threads) threads; the slowest to leave took \(figures.slowestLeaveMs) ms
            \(warmUp)\(slope)
            """
    }
}
