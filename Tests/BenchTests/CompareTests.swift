import Testing

@testable import cairn_bench

@Suite("The report of a comparison")
struct CompareTests {
    /// - Parameter seconds: of each round, for a million records.
    private func drains(_ name: String, _ mix: Mix, seconds: [Double]) -> [RunResult] {
        let plan = RunPlan(
            kind: .drain(records: 1_000_000), mix: mix, players: 1, exponent: 0, seed: 1,
            contender: CairnProgram(name: name, path: ""))
        return seconds.map {
            RunResult(
                plan, scans: 1_000_000, seconds: $0, startUpSeconds: 0, cpu: CPUSeconds(worker: $0 / 4, postgres: $0),
                peakMemory: 100 << 20, keysCompared: 1)
        }
    }

    private func report(_ results: [RunResult], contenders: [String] = ["cairn", "limit", "go"]) -> CompareReport {
        CompareReport(
            date: "2026-11-21T12:00:00Z", command: ["cairn-bench", "compare"], revision: "abc1234",
            parameters: .init(
                runs: 3, records: ["R": 1_000_000], players: 100, zipf: 0, seed: 1, rate: 20_000, pacedSeconds: 1),
            contenders: contenders, results: results)
    }

    @Test("a ratio is the median of the rounds' ratios, not the ratio of the medians")
    func rounds() throws {
        // In each round another one was disturbed.
        let results =
            drains("cairn", .repeats, seconds: [2, 2, 8]) + drains("limit", .repeats, seconds: [1, 4, 4])
        let ratio = try #require(CompareRatio.all(of: report(results)).first)
        #expect(ratio.other == "limit" && ratio.figure == CompareRatio.rate && ratio.mix == "R")
        #expect(ratio.lowest == 0.5 && ratio.median == 0.5 && ratio.highest == 2)
    }

    @Test(
        "the targets are those of each mix and other",
        arguments: [("limit", Mix.repeats, 0.8), ("limit", .writes, 0.8), ("go", .repeats, 1.5), ("go", .writes, 1.2)])
    func targets(other: String, mix: Mix, target: Double) throws {
        for (factor, isReached) in [(1.0, true), (0.99, false)] {
            let results = drains("cairn", mix, seconds: [1]) + drains(other, mix, seconds: [target * factor])
            let ratios = CompareRatio.all(of: report(results))
            let rate = try #require(ratios.first { $0.figure == CompareRatio.rate })
            #expect(rate.target == target && rate.isReached == isReached)
            let cpu = try #require(ratios.first { $0.figure == CompareRatio.cpu })
            #expect(cpu.target == nil && cpu.isReached == nil)
        }
    }

    @Test("somebody without a target has ratios, and rounds without a partner have none")
    func partners() {
        let own = drains("cairn", .repeats, seconds: [1, 1])
        let others = drains("py", .repeats, seconds: [2, 4]) + drains("limit", .repeats, seconds: [1])
        let ratios = CompareRatio.all(of: report(own + others, contenders: ["cairn", "py", "limit"]))
        #expect(ratios.map(\.other) == ["py", "py"])
        #expect(ratios.map(\.median) == [3, 0.375] && ratios[0].isReached == nil)
    }

    @Test("who could not be built or was not exact stands below the table with the reason, without a figure")
    func absences() {
        var report = report(
            drains("cairn", .repeats, seconds: [1, 1, 1]) + drains("limit", .repeats, seconds: [0.5])
                + drains("limit", .writes, seconds: [4]))
        report.absences.append(.init(name: "go", job: nil, reason: "there is no go"))
        report.exclude("limit", job: "drain", mix: "R", because: "the run is not exact")
        #expect(report.results.map(\.revision) == ["cairn", "cairn", "cairn", "limit"])
        #expect(CompareRatio.all(of: report).isEmpty)
        let lines = CompareTable(report: report).text.split(separator: "\n").map(String.init)
        #expect(lines.contains("- go skipped: there is no go"))
        #expect(lines.contains("- limit has no figures of drain, mix R: the run is not exact"))
        #expect(lines.contains("| limit | - | 250,000 | - / 1.00 | - / 5.00 | - / 100 | - / - | - / - |"))
        #expect(lines.contains("| cairn | 1,000,000 | - | 0.25 / - | 1.25 / - | 100 / - | - / - | - / - |"))
    }

    @Test("its head tells when, where, how and what")
    func head() {
        var report = report(drains("cairn", .repeats, seconds: [1]))
        report.machine = Machine(processor: "a processor", cores: 2, memory: 8, system: "Linux 6", postgres: "15.1")
        let text = CompareTable(report: report).text
        for word in ["2026-11-21T12:00:00Z", "a processor, 2 cores, 8.0 GiB", "abc1234", "    cairn-bench compare\n"] {
            #expect(text.contains(word), "\(word)")
        }
    }
}
