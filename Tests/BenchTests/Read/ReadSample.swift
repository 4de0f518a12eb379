import Foundation

@testable import cairn_bench

/// Boards, commits and answers for tests.
enum ReadSample {
    /// Of the tests' clock, epoch microseconds.
    static let startUs: Int64 = 1_781_254_800_000_000
    /// From one commit to the next.
    static let stepUs: Int64 = 10_000
    /// From a commit until others see it.
    static let visibleUs: Int64 = 1_000
    static let firstTransaction: UInt64 = 700

    /// A board of which some players have no unlock, and many are equal but for their ids.
    static func board(players: Int, seed: UInt64) -> NaiveBoard {
        var random = TestRandom(seed: seed)
        var board = NaiveBoard(players: players)
        for player in 0..<players { board.set(player, state(&random, version: 1)) }
        return board
    }

    static func state(_ random: inout TestRandom, version: Int64) -> ScoreState {
        let unlocks = Int64(random.below(5))
        let score = unlocks == 0 ? 0 : Int64(random.below(4)) * 5
        let reachedAt = score == 0 ? -1 : BenchHunt.opensAt + Int64(random.below(3))
        return ScoreState(score: score, unlocks: unlocks, reachedAt: reachedAt, version: version)
    }

    /// Commits of three players each, one every `stepUs`.
    static func commits(_ count: Int, players: Int, seed: UInt64) -> [Commit] {
        var random = TestRandom(seed: seed)
        return (0..<count).map { number in
            Commit(
                transaction: firstTransaction + UInt64(number), committedUs: startUs + Int64(number) * stepUs,
                changes: (0..<3).map { place in
                    // Neighbours in time change different players, so that their order is open.
                    let player = (number % 4 * 3 + place + 12 * random.below(players / 12)) % players
                    return Commit.Change(player: player, state: state(&random, version: Int64(number) + 2))
                })
        }
    }

    /// Looks every 4 ms that see each commit `visibleUs` after it.
    static func snapshots(of commits: [Commit]) -> [SeenSnapshot] {
        stride(from: startUs - stepUs, to: startUs + Int64(commits.count + 1) * stepUs, by: 4_000).map { at in
            let ended = commits.count { $0.committedUs + visibleUs <= at }
            return SeenSnapshot(atUs: at, text: "\(Int(firstTransaction) + ended):\(Int(firstTransaction) + ended):")!
        }
    }

    /// An answer as `cairn serve` writes it.
    static func answer(
        to question: ReadQuestion, showing board: NaiveBoard, asOfUs: Int64, receivedUs: Int64,
        changing change: (inout AnswerContent) -> Void = { _ in }, version: Int64? = nil
    ) -> KeptAnswer {
        var content = board.answer(to: question)
        change(&content)
        var fields = [
            #""as_of":"\#(time(asOfUs / 1_000))","version":\#(version ?? board.version),"source":"feed""#,
            #""hunt":"bench""#,
        ]
        switch question {
        case .player: fields.append(text(content.entries[0]) + #","players":\#(content.players)"#)
        case .board:
            let next = content.players > ReadQuestion.boardLimit ? #""abc""# : "null"
            fields.append(#""players":\#(content.players),"next":\#(next),"previous":null"#)
        case .around(let player):
            let name = ReadQuestion.name(player)
            let rank = content.entries.first { $0.player == name }?.rank.map { "\($0)" } ?? "null"
            fields.append(#""player":"\#(name)","rank":\#(rank),"players":\#(content.players)"#)
        case .lookup: fields.append(#""players_listed":\#(content.players),"missing":[]"#)
        }
        if case .player = question {
        } else {
            fields.append(#""entries":["# + content.entries.map { "{\(text($0))}" }.joined(separator: ",") + "]")
        }
        return KeptAnswer(
            question: question, receivedUs: receivedUs, body: Array("{\(fields.joined(separator: ","))}".utf8))
    }

    private static func text(_ entry: AnswerContent.Entry) -> String {
        let rank = entry.rank.map { "\($0)" } ?? "null"
        let instant = entry.reachedAt < 0 ? "null" : "\"\(time(entry.reachedAt))\""
        return """
            "rank":\(rank),"player":"\(entry.player)","score":\(entry.score),"unlocks":\(entry.unlocks),\
            "reached_at":\(instant),"player_version":\(entry.version)
            """
    }

    private static func time(_ milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds / 1_000))
        let rest = String(milliseconds % 1_000)
        return date.formatted(.iso8601).dropLast() + "." + String(repeating: "0", count: 3 - rest.count) + rest + "Z"
    }
}

/// The generator of these tests.
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// `0 ..< bound`
    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
