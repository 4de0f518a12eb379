import Testing

@testable import cairn_bench

@Suite("Postgres' log")
struct LogicalMessageTests {
    private static func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func value(_ bytes: [UInt8]?) -> [UInt8] {
        bytes.map { [UInt8(ascii: "b")] + number(Int32($0.count)) + $0 } ?? [UInt8(ascii: "n")]
    }

    private static let begin =
        [UInt8(ascii: "B")] + number(Int64(1)) + number(Int64(5_000)) + number(Int32(bitPattern: 0xFFFF_FFFE))
    private static let commit = [UInt8(ascii: "C"), 0] + number(Int64(1)) + number(Int64(2)) + number(Int64(5_000))

    private static var columns: [UInt8] {
        let names = ["hunt_id", "player", "score", "unlocks", "reached_at", "version", "facts_seq"]
        return [UInt8(ascii: "R")] + number(Int32(9)) + text("cairn") + text("score") + [UInt8(ascii: "d")]
            + number(Int16(names.count)) + names.flatMap { [0] + text($0) + number(Int32(20)) + number(Int32(-1)) }
    }

    private static func row(_ player: String, score: Int64, instant: Int64?, version: Int64) -> [UInt8] {
        let values = [
            number(Int32(1)), Array(player.utf8), number(score), number(Int32(2)), instant.map { number($0) },
            number(version), number(Int64(3)),
        ]
        return number(Int16(values.count)) + values.flatMap { value($0) }
    }

    private static func read(_ messages: [[UInt8]]) throws(BenchFailure) -> [Commit] {
        var assembly = CommitAssembly()
        for message in messages {
            // Typed throws do not pass through `withUnsafeBytes` of an array.
            let result: Result<Void, BenchFailure> = message.withUnsafeBytes { bytes in
                Result { () throws(BenchFailure) in try assembly.add(bytes) }
            }
            try result.get()
        }
        return assembly.commits
    }

    @Test("new rows, and changed ones with their old key or without, become the changes of their commit")
    func changes() throws {
        let insert = [UInt8(ascii: "I")] + Self.number(Int32(9)) + [UInt8(ascii: "N")]
        let update = [UInt8(ascii: "U")] + Self.number(Int32(9)) + [UInt8(ascii: "N")]
        let withKey =
            [UInt8(ascii: "U")] + Self.number(Int32(9)) + [UInt8(ascii: "K")]
            + Self.row("p000003", score: 0, instant: nil, version: 0) + [UInt8(ascii: "N")]
        let commits = try Self.read([
            Self.begin, Self.columns, insert + Self.row("p000001", score: 10, instant: 1_500, version: 1),
            update + Self.row("p000002", score: 0, instant: nil, version: 7),
            withKey + Self.row("p000003", score: 5, instant: 2_000, version: 8), Self.commit, Self.begin, Self.commit,
        ])
        let commit = try #require(commits.first)
        #expect(commits.count == 1)
        #expect(commit.transaction == 0xFFFF_FFFE && commit.committedUs == 946_684_800_005_000)
        #expect(commit.changes.map(\.player) == [1, 2, 3])
        #expect(
            commit.changes[0].state
                == ScoreState(score: 10, unlocks: 2, reachedAt: 946_684_800_001, version: 1))
        #expect(commit.changes[1].state == ScoreState(score: 0, unlocks: 2, reachedAt: -1, version: 7))
    }

    @Test("what is cut short, deleted or of another program's players is no history")
    func unreadable() {
        let insert = [UInt8(ascii: "I")] + Self.number(Int32(9)) + [UInt8(ascii: "N")]
        let row = insert + Self.row("p000001", score: 10, instant: 1_500, version: 1)
        for messages in [
            [Array(Self.begin.dropLast())], [Self.begin, Self.columns, Array(row.dropLast())],
            [Self.begin, Self.columns, [UInt8(ascii: "D")] + Self.number(Int32(9))], [Self.begin, row],
            [Self.begin, Self.columns, insert + Self.row("ana", score: 1, instant: 1, version: 1)], [[]],
        ] {
            #expect(throws: BenchFailure.self) { try Self.read(messages) }
        }
    }
}
