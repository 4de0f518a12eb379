import Foundation
import HuntCore
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("Why a player has its score")
    struct Players {
        @Test(
            "cairn player tells contributions, trails, what waits, refusals, rank and neighbours as they must be",
            .timeLimit(.minutes(3)))
        @Reactor
        func explanation() async throws {
            try await withSite(partitions: 3) { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 21, players: 300)
                await load.burst(6_000)
                let now = Clock.epochMs()
                Self.walk(load, site.hunts[0], now)
                try await load.stop()
                try await site.expectExact(load)

                let expected = Expectation(load.records, hunts: site.hunts)
                var random = SplitMix64(seed: 21)
                for hunt in site.hunts.prefix(2) {
                    let players = expected.scores.keys.filter { $0.hasPrefix("\(hunt.slug) ") }.sorted()
                    for entry in ["harbour ana"] + players.shuffled(using: &random).prefix(5)
                    where entry.hasPrefix("\(hunt.slug) ") {
                        let player = String(entry.dropFirst(hunt.slug.count + 1))
                        let sheet = try await Sheet(site, hunt.slug, player)
                        Self.compare(sheet, expected, hunt, player)
                    }
                }
                try await Self.compareByLetter(site, now)
                try await Self.compareOthers(site)
                await load.close()
            }
        }

        /// Ana is half through walk-0, waits for pier-9, and was refused twice; Bo was refused and nothing else.
        @Reactor
        private static func walk(_ load: ScanLoad, _ hunt: HuntDefinition, _ now: Int64) {
            func send(_ player: String, _ number: Int, _ event: String, ago: Int64, tag: String? = nil) {
                let scan = SentScan(
                    eventID: event, hunt: hunt.slug, player: player, tag: tag ?? hunt.checkpoints[number].tag,
                    scannedAt: now - ago * 1_000, reader: "gate.\(number)")
                load.send(ProducedRecord(content: .scan(scan), key: player, receivedAt: now))
            }
            send("ana", 9, "vault", ago: 500)
            send("ana", 0, "again", ago: 100)
            send("ana", 0, "first", ago: 400)
            send("ana", 1, "plain", ago: 300)
            send("ana", 0, "unknown", ago: 90, tag: "04FFFFFFFFFFFF")
            send("ana", 1, "future", ago: -4_000)
            send("bo", 1, "future", ago: -4_000)
        }

        private static func compare(
            _ sheet: Sheet, _ expected: Expectation, _ hunt: HuntDefinition, _ player: String
        ) {
            // Facts are "time event reader partition offset".
            let scans = hunt.checkpoints.compactMap { checkpoint -> AcceptedScan? in
                guard let fact = expected.facts["\(hunt.slug) \(player) \(checkpoint.id)"] else { return nil }
                let parts = fact.split(separator: " ").map(String.init)
                return AcceptedScan(
                    checkpoint: checkpoint.id, scannedAt: Int64(parts[0]) ?? -1, partition: Int32(parts[3]) ?? -1,
                    offset: Int64(parts[4]) ?? -1, eventID: parts[1], reader: parts[2])
            }
            let model = standing(of: scans, in: hunt)
            let name = "\(hunt.slug) \(player)"
            #expect(sheet.integer("score") == model.score && sheet.integer("sum") == model.score, "\(name)")
            #expect(sheet.integer("unlocks") == Int64(model.unlocks), "\(name)")
            #expect(sheet.text("reached_at") == model.reachedAt.map(Timestamp.format) ?? "-", "\(name)")
            let contributions = model.visits.filter { $0.at != nil }.map { visit in
                let first = visit.first
                let times = "\(Timestamp.format(first.scannedAt)) \(Timestamp.format(visit.at ?? -1))"
                return "\(visit.checkpoint) \(visit.points) \(times) \(first.eventID) \(first.reader ?? "-") "
                    + "\(first.partition) \(first.offset)"
            }
            let shown = sheet.lines(
                "contributions", "checkpoint", "points", "scanned_at", "at", "event_id", "reader", "partition", "offset"
            )
            #expect(shown.sorted() == contributions.sorted(), "\(name)")
            let trails = model.trails.map { trail in
                let at = trail.at.map(Timestamp.format) ?? "-"
                return "\(trail.trail) \(trail.bonus) \(at) [\(trail.missing.joined(separator: ","))]"
            }
            #expect(sheet.lines("trails", "trail", "bonus", "at", "missing").sorted() == trails.sorted(), "\(name)")
            // The database has requirements sorted.
            let waiting = model.visits.filter { $0.at == nil }.map { visit in
                "\(visit.checkpoint) \(visit.first.eventID) [\(visit.waitsFor.sorted().joined(separator: ","))]"
            }
            #expect(
                sheet.lines("waiting", "checkpoint", "event_id", "requires").sorted() == waiting.sorted(), "\(name)")
            compareNeighbours(sheet, expected, hunt, player)
        }

        private static func compareNeighbours(
            _ sheet: Sheet, _ expected: Expectation, _ hunt: HuntDefinition, _ player: String
        ) {
            let order = expected.scores.filter { $0.key.hasPrefix("\(hunt.slug) ") && $0.value.unlocks > 0 }
                .map { key, score in
                    Placing(
                        player: String(key.dropFirst(hunt.slug.count + 1)), score: score.score,
                        reachedAt: score.reachedAt)
                }
                .sorted { $0.precedes($1) }
            let ranks = hunt.ranking.ranks(ofScores: order.map(\.score))
            guard let place = order.firstIndex(where: { $0.player == player }) else {
                return #expect(sheet.text("rank") == "-" && sheet.lines("neighbours", "player").isEmpty)
            }
            #expect(sheet.integer("rank") == Int64(ranks[place]))
            let window = max(0, place - 3)...min(order.count - 1, place + 3)
            #expect(
                sheet.lines("neighbours", "rank", "player", "score", "reached_at")
                    == window.map { index in
                        let row = order[index]
                        return "\(ranks[index]) \(row.player) \(row.score) "
                            + (row.reachedAt.map(Timestamp.format) ?? "-")
                    }, "\(hunt.slug) \(player)")
        }

        /// Ana's sheet, written out.
        @Reactor
        private static func compareByLetter(_ site: Site, _ now: Int64) async throws {
            let sheet = try await Sheet(site, "harbour", "ana")
            let (first, plain) = (Timestamp.format(now - 400_000), Timestamp.format(now - 300_000))
            #expect(
                sheet.lines("contributions", "checkpoint", "points", "at", "event_id", "reader") == [
                    "pier-0 0 \(first) first gate.0", "pier-1 6 \(plain) plain gate.1",
                ])
            #expect(sheet.lines("trails", "trail", "bonus", "at", "missing") == ["walk-0 0 - [pier-3,pier-6]"])
            #expect(
                sheet.lines("waiting", "checkpoint", "points", "requires", "to_scan", "event_id") == [
                    "pier-9 14 [pier-4] [pier-3,pier-4] vault"
                ])
            #expect(sheet.lines("refused", "reason").sorted() == ["from_the_future", "unknown_tag"])
            #expect(sheet.integer("refused_count") == 2 && sheet.integer("score") == 6)
            #expect(sheet.integer("version") ?? 0 >= 1 && sheet.text("ranking") == "first_to_reach")
            #expect(
                Array(sheet.object.keys).sorted() == [
                    "contributions", "hunt", "neighbours", "player", "rank", "ranking", "reached_at", "refused",
                    "refused_count", "score", "sum", "trails", "unlocks", "updated_at", "version", "waiting",
                ])
        }

        /// The other formats, players without accepted scans, and hunts that are none.
        @Reactor
        private static func compareOthers(_ site: Site) async throws {
            let table = try await site.cairn(["player", "harbour", "ana", "--neighbours", "1"])
            #expect(table.status == 0)
            let lines = table.output.split(separator: "\n").map(String.init)
            #expect(
                lines.first?.split(separator: " ")
                    == "hunt player rank score unlocks reached_at version".split(separator: " "))
            for title in ["Contributions", "Trails", "Waiting", "Refused", "Neighbours"] {
                #expect(lines.contains(title), "\(table.output)")
            }
            #expect(lines.contains("sum 6: 6 points and 0 of bonuses"), "\(table.output)")
            let csv = try await site.cairn(["player", "show", "harbour", "ana", "--format", "csv"])
            let rows = csv.output.split(separator: "\n")
            #expect(rows.first == "checkpoint,points,scanned_at,at,event_id,reader,partition,offset")
            #expect(csv.status == 0 && rows.count == 3 && rows.last?.hasPrefix("pier-1,6,") == true)

            let refusedOnly = try await Sheet(site, "harbour", "bo")
            #expect(refusedOnly.lines("refused", "reason") == ["from_the_future"])
            #expect(refusedOnly.text("rank") == "-" && refusedOnly.text("version") == "-")
            #expect(refusedOnly.integer("score") == 0 && refusedOnly.lines("contributions", "at").isEmpty)
            let stranger = try await site.cairn(["player", "harbour", "nobody"])
            #expect(stranger.status == 1 && stranger.output.hasPrefix("cairn: no scan of player nobody in harbour"))
            let huntless = try await site.cairn(["player", "no-hunt", "ana"])
            #expect(huntless.status == 1 && huntless.output.hasPrefix("cairn: there is no hunt no-hunt"))
            #expect(huntless.output.split(separator: "\n").count == 1)
        }
    }
}

/// What `cairn player --format json` printed, parsed by another JSON reader than cairn's writer.
private struct Sheet {
    let object: [String: Any]

    @Reactor
    init(_ site: Site, _ hunt: String, _ player: String) async throws {
        let (status, output) = try await site.cairn(["player", hunt, player, "--format", "json"])
        guard status == 0,
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        else { throw ServiceFailure("cairn player \(hunt) \(player) ended with \(status): \(output)") }
        self.object = object
    }

    func integer(_ name: String) -> Int64? { (object[name] as? NSNumber)?.int64Value }

    func text(_ name: String) -> String { Self.text(object[name]) }

    /// These members of each object of a list, with spaces between them; null is `-`.
    func lines(_ list: String, _ names: String...) -> [String] {
        guard let rows = object[list] as? [[String: Any]] else { return ["no list \(list)"] }
        return rows.map { row in names.map { Self.text(row[$0]) }.joined(separator: " ") }
    }

    private static func text(_ value: Any?) -> String {
        switch value {
        case let text as String: text
        case let number as NSNumber: "\(number.int64Value)"
        case let texts as [String]: "[\(texts.joined(separator: ","))]"
        case is NSNull: "-"
        default: "?"
        }
    }
}
