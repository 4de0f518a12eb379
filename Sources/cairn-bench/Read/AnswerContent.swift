import Foundation
import HuntCore

/// What an answer says of players, whatever its route.
struct AnswerContent: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        var rank: Int?
        var player: String
        var score: Int64
        var unlocks: Int64
        /// Epoch milliseconds; -1 is null.
        var reachedAt: Int64
        var version: Int64
    }

    /// Listed players of the hunt.
    var players: Int
    var entries: [Entry]
}

/// An answer's body as it was read.
struct AnswerBody {
    /// Epoch milliseconds.
    var asOf: Int64
    /// The sum of all players' versions.
    var version: Int64
    var source: String
    var content: AnswerContent

    /// - Returns: nil when the body is not what docs/openapi.yaml says of the route.
    init?(_ kept: KeptAnswer) {
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(kept.body)),
            let asOf = Self.milliseconds(json.as_of), json.hunt == BenchHunt.slug
        else { return nil }
        self.asOf = asOf
        version = json.version
        source = json.source
        switch kept.question {
        case .player(let player):
            guard json.player == ReadQuestion.name(player), let players = json.players, let entry = json.ownEntry
            else { return nil }
            content = AnswerContent(players: players, entries: [entry])
        case .board:
            guard let players = json.players, let entries = json.listedEntries,
                (json.next != nil) == (players > ReadQuestion.boardLimit), json.previous == nil
            else { return nil }
            content = AnswerContent(players: players, entries: entries)
        case .around(let player):
            let name = ReadQuestion.name(player)
            guard let players = json.players, let entries = json.listedEntries, json.player == name,
                json.rank == entries.first(where: { $0.player == name })?.rank
            else { return nil }
            content = AnswerContent(players: players, entries: entries)
        case .lookup:
            guard let players = json.players_listed, let entries = json.listedEntries, json.missing == []
            else { return nil }
            content = AnswerContent(players: players, entries: entries)
        }
    }

    /// RFC 3339 with milliseconds and Z, as all answers have it.
    private static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.count == "2026-06-12T09:00:00.123Z".utf8.count, let date = try? format.parse(text) else {
            return nil
        }
        return Int64((date.timeIntervalSince1970 * 1_000).rounded())
    }

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// The fields of all routes, by their names.
    private struct JSON: Decodable {
        var as_of: String
        var version: Int64
        var source: String
        var hunt: String?
        var players: Int?
        var players_listed: Int?
        var entries: [Entry]?
        var missing: [String]?
        var next: String?
        var previous: String?
        var rank: Int?
        var player: String?
        var score: Int64?
        var unlocks: Int64?
        var reached_at: String?
        var player_version: Int64?

        struct Entry: Decodable {
            var rank: Int?
            var player: String
            var score: Int64
            var unlocks: Int64
            var reached_at: String?
            var player_version: Int64
        }

        /// nil when an instant is none.
        var listedEntries: [AnswerContent.Entry]? {
            guard let entries else { return nil }
            let read = entries.compactMap(AnswerBody.entry)
            return read.count == entries.count ? read : nil
        }

        var ownEntry: AnswerContent.Entry? {
            guard let player, let score, let unlocks, let player_version else { return nil }
            return AnswerBody.entry(
                Entry(
                    rank: rank, player: player, score: score, unlocks: unlocks, reached_at: reached_at,
                    player_version: player_version))
        }
    }

    private static func entry(_ entry: JSON.Entry) -> AnswerContent.Entry? {
        let instant = entry.reached_at.map(milliseconds)
        if case .some(nil) = instant { return nil }
        return AnswerContent.Entry(
            rank: entry.rank, player: entry.player, score: entry.score, unlocks: entry.unlocks,
            reachedAt: (instant ?? nil) ?? -1, version: entry.player_version)
    }
}
