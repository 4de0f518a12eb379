import Testing

@testable import cairn_bench

@Suite("The report of a benchmark")
struct ReportTests {
    private func result(_ revision: String, seconds: Double) -> RunResult {
        let plan = RunPlan(
            kind: .drain(records: 1_000_000), mix: .repeats, players: 1, exponent: 0, seed: 1,
            contender: CairnProgram(name: revision, path: ""))
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

    @Test("pages of several workers are one page, in which each worker's share of the partitions is known")
    func joinedPages() {
        func page(_ partitions: [Int], committed: Int, facts: Int) -> WorkerPage {
            let offsets = partitions.map {
                "cairn_partition_offset{topic=\"scans\",partition=\"\($0)\"} \(committed)\n"
            }
            let counters = "cairn_flush_facts_total \(facts)\ncairn_feed_sent_total 7\ncairn_feed_delivered_total 7\n"
            return WorkerPage(Array((offsets.joined() + counters).utf8))
        }
        let alone = page([0, 1, 2], committed: 5, facts: 1)
        #expect(alone.shares == [3])
        let both = alone.joined(with: page([3], committed: 9, facts: 2))
        #expect(both.shares == [3, 1] && both.committed == [0: 5, 1: 5, 2: 5, 3: 9])
        #expect(both.flushedFacts == 3 && both.feedSent == 14)
        // Together they lack the hot tier's updates.
        #expect(!both.holds([3: 9]))
    }

    @Test("several workers are compared with one of the same program, mix and round")
    func spread() {
        func result(_ revision: String, _ mix: Mix, workers: Int, cpu: Double) -> RunResult {
            let plan = RunPlan(
                kind: .scale(rate: 50_000, seconds: 1, workers: workers), mix: mix, players: 1, exponent: 0, seed: 1,
                contender: CairnProgram(name: revision, path: ""))
            return RunResult(
                plan, scans: 1_000_000, seconds: 20, startUpSeconds: 3, cpu: CPUSeconds(worker: cpu), peakMemory: 1,
                keysCompared: 1)
        }
        let results = [
            result("a", .repeats, workers: 1, cpu: 1), result("a", .repeats, workers: 2, cpu: 1.5),
            result("a", .repeats, workers: 4, cpu: 2), result("b", .repeats, workers: 1, cpu: 2),
            result("b", .repeats, workers: 4, cpu: 3), result("a", .writes, workers: 2, cpu: 9),
            result("a", .repeats, workers: 1, cpu: 3), result("a", .repeats, workers: 2, cpu: 3),
            result("a", .repeats, workers: 4, cpu: 6),
        ]
        #expect(
            ScaleSpread(RunGroup.all(of: results)).lines == [
                "mix R, a, 2 workers: 1.250", "mix R, a, 4 workers: 2.000", "mix R, b, 4 workers: 1.500",
            ])
        let text = ReportTables(report: report(["a"], results.filter { $0.revision == "a" })).text
        #expect(text.contains("scale 50000/s by 4") && text.contains("mix R, a, 2 workers: 1.250"))
    }
}
