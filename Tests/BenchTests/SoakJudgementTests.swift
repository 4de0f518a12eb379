import Foundation
import Testing

@testable import cairn_bench

@Suite("Whether a soak is flat")
struct SoakJudgementTests {
    private static let megabyte = 1_048_576.0

    /// 30 minutes, a sample every 6 s: 70 MiB after a warm-up, 40 descriptors, with some noise.
    private func figures(memoryPerMinute slope: Double = 0, descriptorsPerMinute: Double = 0) -> SoakFigures {
        var figures = SoakFigures()
        for number in 0..<300 {
            let minute = Double(number) / 10
            let noise = Double(number * 7_919 % 11) / 10
            let warmUp = min(minute, 3) * 5
            figures.memory.add((70 + warmUp + noise + slope * minute) * Self.megabyte, atMinute: minute)
            let extra = number % 20 == 0 ? 3.0 : 0
            figures.descriptors.add((40 + extra + descriptorsPerMinute * minute).rounded(), atMinute: minute)
            figures.connections.add(9, atMinute: minute)
            figures.threads.add(14, atMinute: minute)
            figures.backends.add(Double(9 + number % 4), atMinute: minute)
            figures.backendMemory.add(6 * Self.megabyte, atMinute: minute)
            figures.lag.add(500, atMinute: minute)
        }
        return figures
    }

    @Test("the slope is that of the line with the least squares")
    func slope() {
        var series = Series()
        // By hand: means 2 and 4; products 2 * 3 + 1 * 1 + 0 + 1 * 0 + 2 * 2 = 11; squares 10.
        for (minute, value) in [(0.0, 1.0), (1, 3), (2, 6), (3, 4), (4, 6)] { series.add(value, atMinute: minute) }
        #expect(abs(series.slope - 1.1) < 1e-12)
        var moment = Series()
        moment.add(5, atMinute: 1)
        moment.add(9, atMinute: 1)
        #expect(moment.slope == 0)
        #expect(Series().slope == 0)
    }

    @Test("the ends of a series are medians of its quarters, which single peaks do not move")
    func quarters() {
        var series = Series()
        for (minute, value) in [3.0, 90, 4, 5, 5, 5, 5, 5, 5, 6, 80, 7].enumerated() {
            series.add(value, atMinute: Double(minute))
        }
        let quarters = series.quarters
        #expect(quarters.first == 4 && quarters.last == 7)
        #expect(series.largest == 90)
        #expect(series.from(minute: 9).points.map(\.value) == [6, 80, 7])
    }

    @Test("a worker that only fills its caches is flat")
    func flat() {
        let judgement = SoakJudgement(figures(), minutes: 30)
        #expect(judgement.faults == [])
        #expect(judgement.warmUpMinutes == 5 && judgement.isSlopeJudged)
    }

    @Test("memory that grows by a megabyte a minute is a fault, half of it is not")
    func memory() {
        #expect(SoakJudgement(figures(memoryPerMinute: 0.5), minutes: 30).faults == [])
        let faults = SoakJudgement(figures(memoryPerMinute: 1.1), minutes: 30).faults
        #expect(faults.count == 1 && faults[0].hasPrefix("the worker's memory grew by 1."), "\(faults)")
    }

    @Test("descriptors that grow are a fault, some that come and go are not")
    func descriptors() {
        let faults = SoakJudgement(figures(descriptorsPerMinute: 0.3), minutes: 30).faults
        #expect(faults.count == 1 && faults[0].hasPrefix("descriptors grew from 4"), "\(faults)")
    }

    @Test("a passing worker beyond its bounds, a slow leave and a wrong exit status are faults")
    func passing() {
        var figures = figures()
        figures.passing = [ProcessSample()]
        figures.passing[0].memory = 450 << 20
        figures.slowestLeaveMs = 5_001
        figures.troubles = ["a worker ended with 1, not 0"]
        #expect(
            SoakJudgement(figures, minutes: 30).faults == [
                "a worker ended with 1, not 0", "a worker held 450 MiB",
                "a worker took 5001 ms to end, and not at most 5000",
            ])
    }

    @Test("a run of some minutes is not judged by a slope")
    func short() {
        let judgement = SoakJudgement(figures(memoryPerMinute: 3), minutes: 3)
        #expect(!judgement.isSlopeJudged && judgement.warmUpMinutes == 1)
        #expect(judgement.faults == [])
        let table = SoakTable(figures: figures(memoryPerMinute: 3), judgement: judgement).text
        #expect(table.contains("too short to judge a slope"))
        #expect(SoakJudgement(figures(), minutes: 8).isSlopeJudged)
    }

    @Test("table and CSV hold every figure")
    func table() {
        let figures = figures()
        let lines = SoakTable(figures: figures, judgement: SoakJudgement(figures, minutes: 30)).text
            .split(separator: "\n")
        #expect(lines[0].split(separator: " ") == ["begin", "end", "most", "per", "minute"])
        #expect(lines[1].contains("85.5") && lines[1].hasSuffix("0.00"))
        #expect(lines.count == 11)
        let rows = figures.csv.split(separator: "\n")
        #expect(rows.count == 301)
        #expect(rows[0].split(separator: ",").count == 8 && rows[300].hasPrefix("29.9,"))
    }

    @Test("connections are counted among a process' own descriptors, established ones only")
    func connections() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0
               1: 0100007F:1F91 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0
               2: 0100007F:1F92 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0
               3: 0100007F:1F93 0100007F:1538 06 00000000:00000000 03:00000000 00000000     0        0 14 1 0
            """
        let own: Set = ["socket:[11]", "socket:[12]", "socket:[14]", "/dev/null"]
        #expect(ProcessSample.established(in: table, of: own) == 1)
        #expect(ProcessSample.number("VmRSS:", in: "VmHWM:\t  99 kB\nVmRSS:\t  42 kB\n") == 42)
    }

    @Test("a sample of this process has memory, descriptors and threads; one of no process is nil")
    func ownProcess() throws {
        let sample = try #require(ProcessSample(getpid()))
        #expect(sample.memory > 1 << 20 && sample.descriptors >= 3 && sample.threads >= 1)
        #expect(ProcessSample(-1) == nil)
    }
}
