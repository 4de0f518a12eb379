import HuntCore
import Storage

/// What `cairn player` shows of a player.
struct PlayerSheet {
    private let reading: PlayerReport.Reading
    private let player: String
    private let explanation: Explanation

    init(player: String, _ reading: PlayerReport.Reading) {
        self.player = player
        self.reading = reading
        explanation = Explanation(of: reading.facts, in: reading.hunt.definition)
    }

    /// Why the explanation is not that of the score row; nil: it is.
    var difference: String? {
        let score = reading.score
        let stored = Tally(
            score: score?.score ?? 0, unlocks: score?.unlocks ?? 0, reachedAt: score?.reachedAt ?? -1)
        if stored == explanation.tally { return nil }
        let hunt = reading.hunt.definition.slug
        return "the score row is not what the facts are worth: `cairn verify \(hunt)` shows every difference"
    }

    private var sum: Int64 { explanation.points + explanation.bonuses }

    // MARK: Lists

    private var head: [(name: String, value: Cell)] {
        let score = reading.score
        return [
            ("hunt", .text(reading.hunt.definition.slug)), ("player", Self.shown(player)),
            ("rank", Cell(integer: score?.rank)), ("score", .integer(score?.score ?? 0)),
            ("unlocks", .integer(Int64(score?.unlocks ?? 0))), ("reached_at", Cell(time: score?.reachedAt)),
            ("version", Cell(integer: score?.version)),
        ]
    }

    var contributions: Listing {
        var listing = Listing(
            "checkpoint", "points", "scanned_at", "at", "event_id", "reader", "partition", "offset")
        listing.rows = explanation.contributions.map { contribution in
            let first = contribution.first
            return [
                Self.shown(first.checkpoint), .integer(contribution.points), .time(first.scannedAt),
                .time(contribution.at),
            ] + Self.source(of: first)
        }
        return listing
    }

    private var trails: Listing {
        var listing = Listing("trail", "bonus", "at", "missing")
        listing.rows = explanation.trails.map { trail in
            [Self.shown(trail.id), .integer(trail.bonus), Cell(time: trail.at), Self.shown(trail.missing)]
        }
        return listing
    }

    private var waiting: Listing {
        var listing = Listing(
            "checkpoint", "points", "scanned_at", "requires", "to_scan", "event_id", "reader", "partition", "offset")
        listing.rows = explanation.waiting.map { waiting in
            let first = waiting.first
            return [
                Self.shown(first.checkpoint), .integer(waiting.points), .time(first.scannedAt),
                Self.shown(waiting.requires), Self.shown(waiting.toScan),
            ] + Self.source(of: first)
        }
        return listing
    }

    private var refused: Listing {
        var listing = Listing("topic", "partition", "offset", "reason", "detail", "received_at", "value")
        listing.rows = reading.refusals.map { scan in
            [
                Self.shown(scan.topic), .integer(Int64(scan.partition)), .integer(scan.offset),
                Self.shown(scan.reason), Self.shown(scan.detail), Cell(time: scan.receivedAt),
                Cell(text: scan.value.map(RefusedCommand.printable)),
            ]
        }
        return listing
    }

    private var neighbours: Listing {
        var listing = Listing("rank", "player", "score", "unlocks", "reached_at")
        listing.rows = reading.neighbours.map { row in
            [
                .integer(row.rank), Self.shown(row.player), .integer(row.score), .integer(Int64(row.unlocks)),
                Cell(time: row.reachedAt),
            ]
        }
        return listing
    }

    private static func source(of scan: AcceptedScan) -> [Cell] {
        [
            shown(scan.eventID), scan.reader.map(shown) ?? .none, .integer(Int64(scan.partition)),
            .integer(scan.offset),
        ]
    }

    private static func shown(_ text: String) -> Cell { .text(RefusedCommand.printable(Array(text.utf8))) }

    private static func shown(_ texts: [String]) -> Cell {
        .list(texts.map { RefusedCommand.printable(Array($0.utf8)) })
    }

    // MARK: Printing

    func printTable() {
        var line = Listing(columns: head.map(\.name))
        line.rows = [head.map(\.value)]
        line.print(as: .table)
        section("Contributions", contributions, isEmpty: "none")
        section("Trails", trails, isEmpty: "none begun")
        Output.line("sum \(sum): \(explanation.points) points and \(explanation.bonuses) of bonuses")
        section("Waiting", waiting, isEmpty: "none")
        section("Refused", refused, isEmpty: "none known")
        let unshown = reading.refusalCount - Int64(reading.refusals.count)
        if unshown > 0 { Output.line("... and \(unshown) older") }
        section("Neighbours", neighbours, isEmpty: "not listed: no checkpoint counts yet")
    }

    private func section(_ title: String, _ listing: Listing, isEmpty text: String) {
        Output.line("")
        Output.line(listing.rows.isEmpty ? "\(title): \(text)" : title)
        if !listing.rows.isEmpty { listing.print(as: .table) }
    }

    var json: String {
        let facts =
            head + [
                ("updated_at", Cell(time: reading.score?.updatedAt)),
                ("ranking", .text(reading.hunt.definition.ranking.rawValue)), ("sum", .integer(sum)),
                ("refused_count", .integer(reading.refusalCount)),
            ]
        return Listing.jsonObject(
            facts,
            lists: [
                ("contributions", contributions), ("trails", trails), ("waiting", waiting), ("refused", refused),
                ("neighbours", neighbours),
            ])
    }
}
