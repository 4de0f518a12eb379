import Testing

@testable import cairn_bench

@Suite("The clock of a load")
struct LoadProfileTests {
    @Test("a steady load is evenly spaced")
    func steady() {
        let profile = LoadProfile.steady(rate: 5_000)
        #expect(profile.dueNs(ofRecord: 0) == 0)
        #expect(profile.dueNs(ofRecord: 5_000) == 1_000_000_000)
        #expect(profile.records(seconds: 20) == 100_000)
        #expect(profile.warmUpRecords == 10_000)
    }

    @Test("bursts have a standard deviation of five times their mean, in slots of 100 ms")
    func bursts() {
        let mean = 20_000
        let profile = LoadProfile.bursts(mean: mean)
        let records = profile.records(seconds: 52)
        #expect(records == 52 * mean)
        var slots = [Int](repeating: 0, count: 520)
        var last: Int64 = -1
        for number in 0..<records {
            let due = profile.dueNs(ofRecord: number)
            #expect(due >= last)
            last = due
            slots[Int(due / 100_000_000)] += 1
        }
        let average = Double(mean) / 10
        let variance = slots.reduce(0.0) { $0 + (Double($1) - average) * (Double($1) - average) } / 520
        #expect(abs(variance.squareRoot() / average - 5) < 0.01)
    }

    @Test("about a thousand first scans a second are watched, of bursts 200", arguments: [80, 1_000])
    func probes(firstsPerMille: Int) {
        for rate in [20_000, 100_000, 400_000] {
            let firsts = rate * firstsPerMille / 1_000
            let probes = firsts / LoadProfile.steady(rate: rate).probeSpacing(firstsPerMille: firstsPerMille)
            #expect((1_000..<2_000).contains(probes))
        }
        #expect(LoadProfile.steady(rate: 500).probeSpacing(firstsPerMille: firstsPerMille) == 1)
        let ofBursts = LoadProfile.bursts(mean: 20_000).probeSpacing(firstsPerMille: firstsPerMille)
        #expect((200..<400).contains(20 * firstsPerMille / ofBursts))
    }

    @Test("a stall shows in the quantiles with its whole length")
    func quantiles() throws {
        var recorder = LatencyRecorder()
        #expect(recorder.quantiles == nil)
        for number in 1...1_000 { recorder.add(Int64(number) * 1_000_000) }
        let quantiles = try #require(recorder.quantiles)
        #expect(quantiles.count == 1_000)
        #expect(abs(quantiles.p50 - 500) < 1)
        #expect(abs(quantiles.p99 - 990) < 1)
        #expect(abs(quantiles.p999 - 999) < 1)
        #expect(abs(quantiles.max - 1_000) < 1)
    }
}
