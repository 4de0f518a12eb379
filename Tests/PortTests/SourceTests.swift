import FlowCore
import Reactor
import Testing

extension Ports {
    /// What the engine relies on, of any `ScanSource`.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct SourceTests {
        private let letters = ["a", "b", "c", "d", "e", "f"]
        private let numbered = ["0 a", "1 b", "2 c", "3 d", "4 e", "5 f"]

        @Test(
            "nothing is handed over before start; then each partition begins where it was told to",
            arguments: Implementation.allCases)
        func start(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.produce(1, letters)
                try await stage.give()
                #expect(
                    try await stage.bounds([1, 0]).sorted { $0.partition < $1.partition } == [
                        LogBounds(partition: 0, start: 0, end: 6), LogBounds(partition: 1, start: 0, end: 6),
                    ])
                for partition in 0..<2 as Range<Int32> {
                    #expect(stage.poll(partition).lines.isEmpty)
                    #expect(stage.source.logEnd(of: partition) == nil)
                }
                stage.source.start([(0, 2), (1, 0)])
                #expect(try await stage.take(1, 6) == numbered)
                #expect(try await stage.take(0, 4) == Array(numbered[2...]))
                #expect(stage.poll(0).outcome == .records(0) && stage.poll(1).outcome == .records(0))
                #expect(stage.violations.isEmpty)
            }
        }

        @Test(
            "a record comes with its key, its value, its offset and its time; a poll takes no more than it is told to",
            arguments: Implementation.allCases)
        func records(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.give()
                stage.source.start([(0, 0), (1, 0)])
                var records: [String] = []
                try await stage.patience.until("six records") {
                    let before = records.count
                    let outcome = stage.source.poll(0, limit: 2) { record in
                        let (key, value) = (FakeSourceStage.text(record.key), FakeSourceStage.text(record.value))
                        records.append("\(record.offset) \(record.timestampMs) \(key) \(value) \(record.encoding)")
                    }
                    #expect(records.count <= before + 2)
                    #expect(outcome == .records(records.count - before))
                    return records.count >= 6
                }
                #expect(records == letters.indices.map { "\($0) \(1_000 + $0) k \(letters[$0]) json" })
            }
        }

        @Test(
            "the log's end is known once records were polled, and no later than they are",
            arguments: Implementation.allCases)
        func logEnd(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.give()
                stage.source.start([(0, 0), (1, 0)])
                _ = try await stage.take(0, 6)
                #expect(stage.source.logEnd(of: 0) == 6)
                try await stage.produce(0, letters)
                _ = try await stage.take(0, 6)
                #expect(stage.source.logEnd(of: 0) == 12)
            }
        }

        @Test(
            "a partition that start leaves out is silent until it is restarted, the other is read",
            arguments: Implementation.allCases)
        func leftOut(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.produce(1, letters)
                try await stage.give()
                stage.source.start([(1, 3)])
                #expect(try await stage.take(1, 3) == Array(numbered[3...]))
                #expect(stage.poll(0) == (lines: [], outcome: .records(0)))
                stage.source.restart(0, at: 4)
                #expect(try await stage.take(0, 2) == Array(numbered[4...]))
                #expect(stage.poll(1).lines.isEmpty)
            }
        }

        @Test("a restart forgets what was fetched and goes on where it is told to", arguments: Implementation.allCases)
        func restart(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.give()
                stage.source.start([(0, 0), (1, 0)])
                #expect(try await stage.take(0, 2) == ["0 a", "1 b"])
                stage.source.restart(0, at: 5)
                #expect(try await stage.take(0, 1) == ["5 f"])
                stage.source.restart(0, at: 1)
                #expect(try await stage.take(0, 5) == Array(numbered[1...]))
                #expect(stage.violations.isEmpty)
            }
        }

        @Test(
            "a partition that is stopped hands nothing over until it is restarted, the other goes on",
            arguments: Implementation.allCases)
        func stop(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.give()
                stage.source.start([(0, 0), (1, 0)])
                #expect(try await stage.take(0, 1) == ["0 a"])
                stage.source.stop(0)
                #expect(stage.poll(0).lines.isEmpty)
                try await stage.produce(1, letters)
                #expect(try await stage.take(1, 6) == numbered)
                #expect(stage.poll(0).lines.isEmpty)
                stage.source.restart(0, at: 1)
                #expect(try await stage.take(0, 5) == Array(numbered[1...]))
            }
        }

        @Test("a position above the log's end is told, and a restart mends it", arguments: Implementation.allCases)
        func aboveEnd(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.produce(1, letters)
                try await stage.give()
                stage.source.start([(0, 50), (1, 6)])
                try await stage.refusedPosition(0)
                // At the end itself is right: there will be more.
                #expect(stage.poll(1) == (lines: [], outcome: .records(0)))
                try await stage.produce(1, ["g"])
                #expect(try await stage.take(1, 1) == ["6 g"])
                stage.source.restart(0, at: 4)
                #expect(try await stage.take(0, 2) == Array(numbered[4...]))
            }
        }

        @Test(
            "a position that retention took is told, and the log's bounds say where it goes on",
            arguments: Implementation.allCases)
        func belowStart(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                let start = try await stage.trim()
                try await stage.give()
                stage.source.start([(0, 0), (1, 0)])
                try await stage.refusedPosition(0)
                let bounds = try #require(try await stage.bounds([0]).first)
                #expect(bounds.start == start && bounds.end > start)
                stage.source.restart(0, at: start)
                let first = try #require(try await stage.take(0, 1).first)
                #expect(first.hasPrefix("\(start) "))
            }
        }

        @Test(
            "what the group has taken is handed over no more, whatever was fetched",
            arguments: Implementation.allCases)
        func revoked(_ implementation: Implementation) async throws {
            try await withSource(implementation) { stage async throws in
                try await stage.produce(0, letters)
                try await stage.produce(1, letters)
                try await stage.give()
                stage.source.start([(0, 0), (1, 0)])
                #expect(try await stage.take(0, 1) == ["0 a"])
                #expect(try await stage.take(1, 1) == ["0 a"])
                try await stage.takeAway()
                #expect(stage.poll(0) == (lines: [], outcome: .records(0)))
                #expect(stage.poll(1) == (lines: [], outcome: .records(0)))
                #expect(stage.violations.isEmpty)
            }
        }
    }
}
