import Foundation
import HuntCore
import NIOCore
import OrderIndex
import Testing

@testable import ReadAPI

/// A reader of a stream, who knows nothing but the bytes of its events.
struct ShownBoard {
    struct Entry: Codable, Equatable {
        var rank: Int
        var player: String
        var score: Int64
        var unlocks: Int32
        var reachedAt: String?
        var playerVersion: Int64

        init(_ player: RankedPlayer) {
            rank = player.rank
            self.player = player.player.string
            score = player.tally.score
            unlocks = player.tally.unlocks
            reachedAt = player.tally.reachedAt < 0 ? nil : Timestamp.format(player.tally.reachedAt)
            playerVersion = player.version
        }
    }

    private struct Answer: Codable {
        var asOf: String
        var version: Int64
        var source: String
        var hunt: String?
        var rulesVersion: Int32?
        var ranking: String?
        var players: Int?
        var entries: [Entry]?
        var changed: [Entry]?
        var gone: [String]?
    }

    private(set) var lastID: String?
    private(set) var lastEvent: String?
    private(set) var asOf: String?
    private(set) var players: Int?
    private(set) var entries: [Entry] = []
    /// Entries that the last event brought.
    private(set) var broughtCount = 0

    mutating func take(_ bytes: ByteBuffer) throws {
        let text = String(buffer: bytes)
        try #require(text.hasSuffix("\n\n"))
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let colon = try #require(line.firstRange(of: ": "))
            fields[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
        }
        let data = try #require(fields["data"])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let answer = try decoder.decode(Answer.self, from: Data(data.utf8))
        lastEvent = fields["event"]
        asOf = answer.asOf
        if let id = fields["id"] { lastID = id }
        try show(answer, hasID: fields["id"] != nil)
    }

    private mutating func show(_ answer: Answer, hasID: Bool) throws {
        switch lastEvent {
        case "snapshot":
            #expect(hasID && answer.hunt == Stage.slug)
            entries = try #require(answer.entries)
            #expect(answer.players != nil)
            players = answer.players
            broughtCount = entries.count
        case "delta":
            #expect(hasID)
            #expect(answer.players != nil)
            players = answer.players
            let changed = try #require(answer.changed)
            let left = Set(try #require(answer.gone)).union(changed.map(\.player))
            entries.removeAll { left.contains($0.player) }
            entries += changed
            entries.sort { $0.isBefore($1) }
            broughtCount = changed.count
        case "fresh": #expect(!hasID && answer.entries == nil && answer.changed == nil)
        default: Issue.record("an event named \(lastEvent ?? "nothing")")
        }
    }
}

extension ShownBoard.Entry {
    fileprivate func isBefore(_ other: Self) -> Bool {
        if score != other.score { return score > other.score }
        if reachedAt != other.reachedAt { return (reachedAt ?? "~") < (other.reachedAt ?? "~") }
        return player < other.player
    }
}
