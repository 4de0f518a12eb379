import FlowCore
import Testing

@testable import cairn

@Suite("Recorded records")
struct TimestampMergeTests {
    private static func record(_ partition: Int32, _ offset: Int64, at timestampMs: Int64?) -> RecordedRecord {
        RecordedRecord(partition: partition, offset: offset, timestampMs: timestampMs)
    }

    private static func drain(_ merge: inout TimestampMerge, nowMs: Int64) -> [RecordedRecord] {
        var records: [RecordedRecord] = []
        while let record = merge.next(nowMs: nowMs) { records.append(record) }
        return records
    }

    @Test("of several partitions come by timestamp, and within one by offset whatever the timestamps")
    func mergesByTime() {
        var merge = TimestampMerge(partitions: 2, nowMs: 0)
        for (offset, time) in [1_000, 400, 1_100].enumerated() {
            merge.append(Self.record(0, Int64(offset), at: Int64(time)), nowMs: 0)
        }
        for (offset, time) in [900, 950, 1_050].enumerated() {
            merge.append(Self.record(1, Int64(offset), at: Int64(time)), nowMs: 0)
        }
        merge.ended(0)
        merge.ended(1)
        #expect(Self.drain(&merge, nowMs: 0).map(\.timestampMs) == [900, 950, 1_000, 400, 1_050, 1_100])
    }

    @Test("that are sorted come out sorted, however they arrive", arguments: UInt64(1)...10)
    func sortsSorted(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var merge = TimestampMerge(partitions: 5, nowMs: 0)
        let left = (0..<5).map { _ in (0..<random.below(3_000)).map { _ in Int64(random.below(100_000)) }.sorted() }
        let expected = left.flatMap { $0 }.sorted()
        var next = [Int](repeating: 0, count: 5)
        var read: [RecordedRecord] = []
        while !merge.hasEnded {
            let partition = random.below(5)
            for _ in 0..<min(merge.room(Int32(partition)), random.below(200))
            where next[partition] < left[partition].count {
                let offset = next[partition]
                merge.append(Self.record(Int32(partition), Int64(offset), at: left[partition][offset]), nowMs: 0)
                next[partition] += 1
            }
            if next[partition] == left[partition].count { merge.ended(Int32(partition)) }
            read += Self.drain(&merge, nowMs: 1_000_000)
        }
        #expect(read.map(\.timestampMs) == expected)
        for partition in 0..<5 {
            #expect(read.filter { $0.partition == partition }.map(\.offset) == Array(0..<Int64(next[partition])))
        }
    }

    @Test("wait for a partition that is behind, and only a moment for one that is live and silent")
    func waitsForOthers() {
        var merge = TimestampMerge(partitions: 2, nowMs: 0)
        merge.append(Self.record(0, 0, at: 5), nowMs: 0)
        #expect(merge.next(nowMs: 100_000) == nil)
        merge.caughtUp(0, nowMs: 100_000)
        merge.caughtUp(1, nowMs: 100_000)
        merge.append(Self.record(0, 1, at: 6), nowMs: 100_000)
        // The first has waited long enough already.
        #expect(merge.next(nowMs: 100_000)?.offset == 0)
        #expect(merge.next(nowMs: 100_000 + TimestampMerge.patienceMs - 1) == nil)
        #expect(merge.next(nowMs: 100_000 + TimestampMerge.patienceMs)?.offset == 1)
    }

    @Test("of a live partition that is stamped far ahead go after a second at the latest")
    func holdsNothingForLong() {
        var merge = TimestampMerge(partitions: 2, nowMs: 0)
        for partition: Int32 in 0..<2 { merge.caughtUp(partition, nowMs: 0) }
        merge.append(Self.record(0, 0, at: 9_000_000), nowMs: 0)
        var held = 0
        for nowMs in Int64(0)..<TimestampMerge.holdMsMax {
            merge.append(Self.record(1, nowMs, at: nowMs), nowMs: nowMs)
            if merge.next(nowMs: nowMs)?.partition == 1 { held += 1 }
        }
        #expect(held == 1_000)
        merge.append(Self.record(1, 1_000, at: 1_000), nowMs: 1_000)
        #expect(merge.next(nowMs: 1_000)?.partition == 0)
    }

    @Test("are kept within bounds of number and bytes")
    func isBounded() {
        var merge = TimestampMerge(partitions: 2, nowMs: 0)
        for offset in 0..<Int64(TimestampMerge.recordsMax) {
            merge.append(Self.record(0, offset, at: offset), nowMs: 0)
        }
        #expect(merge.room(0) == 0)
        #expect(merge.room(1) == TimestampMerge.recordsMax)
        var large = Self.record(1, 0, at: 0)
        large.value = Array(repeating: 0, count: TimestampMerge.bytesMax)
        merge.append(large, nowMs: 0)
        #expect(merge.room(1) == 0)
        #expect(merge.next(nowMs: 0)?.partition == 0)
        #expect(merge.room(0) == 1)
        #expect(merge.next(nowMs: 0) == large)
        #expect(merge.room(1) == TimestampMerge.recordsMax)
    }

    @Test("are replayed with the gaps of their timestamps, and late ones stretch nothing")
    func gapsAreExact() {
        var schedule = ReplaySchedule(speed: 1)
        let times: [Int64?] = [nil, 1_000, 1_250, nil, 400, 1_300, 1_300, 1_299, 61_300]
        let due = times.map { schedule.dueNs(timestampMs: $0) / 1_000_000 }
        #expect(due == [0, 0, 250, 250, 250, 300, 300, 300, 60_300])
        var faster = ReplaySchedule(speed: 100)
        #expect([0, 1, 60_000].map { faster.dueNs(timestampMs: $0) } == [0, 10_000, 600_000_000])
        var extreme = ReplaySchedule(speed: 1)
        #expect(extreme.dueNs(timestampMs: .min) == 0)
        #expect(extreme.dueNs(timestampMs: .max) > 1 << 60)
    }
}
