import Testing

@testable import cairn_bench

@Suite("The report of a benchmark")
struct ReportTests {
    private func result(_ revision: String, seconds: Double) -> RunResult {
        let plan = RunPlan(
            kind: .drain(records: 1_000_000), mix: .repeats, players: 1, exponent: 0, seed: 1, program: "",
            revision: revision)
        return RunResult(
            plan, scans: 1_000_000, seconds: seconds, startUpSeconds: 3, cpu: CPUSeconds(worker: seconds / 2),
            peakMemory: 100 << 20, keysCompared: 1)
    }

    private func report(_ revisions: [String], _ results: [RunResult]) -> BenchReport {
        BenchReport(
            date: "",
            parameters: .init(records: 1, players: 1, zipf: 0, seed: 1, pacedSeconds: 1, burstSeconds: 1, runs: 1),
            revisions: revisions, results: results)
    }

    @Test("shows the median of the runs")
    func medians() throws {
        let report = report(["a"], [result("a", seconds: 1), result("a", seconds: 4), result("a", seconds: 2)])
        let group = try #require(report.groups.first)
        #expect(report.groups.count == 1)
        #expect(group.median { $0.seconds } == 2)
        #expect(group.median { $0.load?.settledSeconds } == nil)
        #expect(ReportTables(report: report).text.contains(" 500000 "))
    }

    @Test("shows the ratios of the medians to those of the base")
    func ratios() {
        let results = [
            result("a", seconds: 1), result("b", seconds: 2), result("a", seconds: 1), result("b", seconds: 2),
        ]
        let text = ReportTables(report: report(["a", "b"], results)).text
        #expect(text.contains("drain, mix R: scans/s 2.000, worker CPU 0.500, all CPU 0.500, peak memory 1.000"))
    }

    @Test("a worker's page holds everything when log, feed and hot tier are done")
    func page() {
        func page(committed: Int, feed: Int, hot: Int) -> WorkerPage {
            WorkerPage(
                Array(
                    """
                    # TYPE cairn_partition_offset gauge
                    cairn_partition_offset{topic="scans",partition="0"} \(committed)
                    cairn_lane_records{topic="scans",partition="0"} 0
                    cairn_feed_sent_total 7
                    cairn_feed_delivered_total \(feed)
                    cairn_hot_tier_updates_total{outcome="applied"} \(hot)
                    cairn_hot_tier_updates_total{outcome="coalesced"} 2

                    """.utf8))
        }
        #expect(page(committed: 10, feed: 7, hot: 5).holds([0: 10]))
        #expect(!page(committed: 9, feed: 7, hot: 5).holds([0: 10]))
        #expect(!page(committed: 10, feed: 6, hot: 5).holds([0: 10]))
        #expect(!page(committed: 10, feed: 7, hot: 4).holds([0: 10]))
        #expect(!page(committed: 10, feed: 7, hot: 5).holds([0: 10, 1: 1]))
        #expect(page(committed: 0, feed: 0, hot: 0).isUntouched)
        #expect(!page(committed: 1, feed: 0, hot: 0).isUntouched)
    }
}
