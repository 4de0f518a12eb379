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
        guard let json = try? Self.decoder.decode(JSON.self, from: Data(kept.body)),
            let asOf = Self.milliseconds(json.asOf), json.hunt == BenchHunt.slug
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
            guard let players = json.playersListed, let entries = json.listedEntries, json.missing == []
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

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// The fields of all routes, by their names.
    private struct JSON: Decodable {
        var asOf: String
        var version: Int64
        var source: String
        var hunt: String?
        var players: Int?
        var playersListed: Int?
        var entries: [Entry]?
        var missing: [String]?
        var next: String?
        var previous: String?
        var rank: Int?
        var player: String?
        var score: Int64?
        var unlocks: Int64?
        var reachedAt: String?
        var playerVersion: Int64?

        struct Entry: Decodable {
            var rank: Int?
            var player: String
            var score: Int64
            var unlocks: Int64
            var reachedAt: String?
            var playerVersion: Int64
        }

        /// nil when an instant is none.
        var listedEntries: [AnswerContent.Entry]? {
            guard let entries else { return nil }
            let read = entries.compactMap(AnswerBody.entry)
            return read.count == entries.count ? read : nil
        }

        var ownEntry: AnswerContent.Entry? {
            guard let player, let score, let unlocks, let playerVersion else { return nil }
            return AnswerBody.entry(
                Entry(
                    rank: rank, player: player, score: score, unlocks: unlocks, reachedAt: reachedAt,
                    playerVersion: playerVersion))
        }
    }

    private static func entry(_ entry: JSON.Entry) -> AnswerContent.Entry? {
        let instant = entry.reachedAt.map(milliseconds)
        if case .some(nil) = instant { return nil }
        return AnswerContent.Entry(
            rank: entry.rank, player: entry.player, score: entry.score, unlocks: entry.unlocks,
            reachedAt: (instant ?? nil) ?? -1, version: entry.playerVersion)
    }
}
