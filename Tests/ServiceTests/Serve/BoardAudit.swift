import Foundation
import HuntCore
import PostgresClient
import Reactor

/// A second opinion on ranks: every change of a score as a trigger saw it, with the time of its commit, and a naive sort.
@Reactor
final class BoardAudit {
    /// What a player had after a transaction; nil: it is gone.
    struct Row: Equatable {
        var player: String
        var score: Int64
        var unlocks: Int64
        var reachedAt: Int64?

        var placing: Placing { Placing(player: player, score: score, reachedAt: reachedAt) }
    }

    /// An answer to be judged.
    struct Answer {
        var kind: Kind
        /// Epoch milliseconds that it names.
        var asOf: Int64
        /// When it had come.
        var receivedAt: Int64
        var text: String

        enum Kind {
            /// The first so many places: `rank player score`.
            case board([String], limit: Int)
            /// nil: not listed.
            case rank(player: String, Int?)
            case around(player: String, [String], radius: Int)
        }
    }

    /// A commit is seen by others once it is on disk, which is after the time that it carries.
    private static let commitMs: Int64 = 200

    private let site: Site
    private let hunt: HuntDefinition
    private(set) var answers: [Answer] = []

    /// Begins to watch; before any scan.
    init(_ site: Site, _ hunt: HuntDefinition) async throws {
        self.site = site
        self.hunt = hunt
        for statement in [
            "create schema audit",
            """
            create table audit.change (
                number bigserial, transaction xid default pg_current_xact_id()::xid, slug text, player text,
                score bigint, unlocks bigint, reached_at bigint)
            """,
            """
            create function audit.note() returns trigger language plpgsql as $$
            declare r cairn.score := coalesce(new, old);
            begin
                insert into audit.change (slug, player, score, unlocks, reached_at)
                select h.slug, r.player, case when new is null then null else r.score end, r.unlocks,
                       (extract(epoch from r.reached_at) * 1000)::bigint
                from cairn.hunt h where h.hunt_id = r.hunt_id;
                return null;
            end $$
            """,
            "create trigger note after insert or update or delete on cairn.score for each row execute function audit.note()",
        ] { _ = try await site.query(statement) }
    }

    // MARK: Answers

    /// Asks for the first places, for a player's rank and for those around it, and keeps what is said.
    ///
    /// - Returns: how many of the three had no answer but an error.
    func ask(_ serve: ServeProcess, player: String, limit: Int = 50) async -> Int {
        var errors = 0
        let base = "/v1/hunts/\(hunt.slug)"
        let board = await serve.call("\(base)/board?limit=\(limit)")
        if let board, board.status == 200 { keep(.board(Self.lines(board), limit: limit), board) } else { errors += 1 }
        // 404: the board does not know the player yet.
        let rank = await serve.call("\(base)/players/\(player)")
        if let rank, rank.status == 200 || rank.status == 404 {
            keep(.rank(player: player, rank.json["rank"] as? Int), rank)
        } else {
            errors += 1
        }
        let around = await serve.call("\(base)/players/\(player)/around?radius=4")
        switch around?.status {
        case 200: around.map { keep(.around(player: player, Self.lines($0), radius: 4), $0) }
        case 404: break
        default: errors += 1
        }
        return errors
    }

    private func keep(_ kind: Answer.Kind, _ answer: HTTPAnswer) {
        guard let asOf = (answer.json["as_of"] as? String).flatMap(Self.instant) else { return }
        answers.append(Answer(kind: kind, asOf: asOf, receivedAt: Clock.epochMs(), text: answer.body))
    }

    private static func instant(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBytes { Timestamp.parse($0) }
    }

    private static func lines(_ answer: HTTPAnswer) -> [String] {
        (answer.json["entries"] as? [[String: Any]] ?? []).map { entry in
            "\(entry["rank"] ?? "") \(entry["player"] ?? "") \(entry["score"] ?? "")"
        }
    }

    // MARK: Judging

    private struct Change {
        var committedAt: Int64
        var player: String
        var row: Row?
    }

    /// What is wrong: answers that fit no committed state between their `as_of` and when they came.
    func judge() async throws -> [String] {
        let rows = try await site.query(
            """
            select (extract(epoch from pg_xact_commit_timestamp(transaction)) * 1000000)::bigint, transaction::text,
                   player, score, unlocks, reached_at
            from audit.change where slug = '\(hunt.slug)'
            order by pg_xact_commit_timestamp(transaction), transaction::text, number
            """)
        var states: [(at: Int64, changes: [Change])] = []
        var last = ""
        for row in 0..<rows.count {
            let at = rows.int64(row, 0) / 1000
            let state: Row? =
                rows.isNull(row, 3)
                ? nil
                : Row(
                    player: rows.text(row, 2), score: rows.int64(row, 3), unlocks: rows.int64(row, 4),
                    reachedAt: rows.isNull(row, 5) ? nil : rows.int64(row, 5))
            if rows.text(row, 1) != last { states.append((at, [])) }
            last = rows.text(row, 1)
            states[states.count - 1].changes.append(Change(committedAt: at, player: rows.text(row, 2), row: state))
        }
        return judge(states)
    }

    private func judge(_ states: [(at: Int64, changes: [Change])]) -> [String] {
        var open = Set(answers.indices)
        var board: [String: Row] = [:]
        for position in -1..<states.count {
            if position >= 0 { for change in states[position].changes { board[change.player] = change.row } }
            let from = position < 0 ? Int64.min : states[position].at
            let until = position + 1 < states.count ? states[position + 1].at : Int64.max
            // The state holds from its commit until the next is seen.
            let judged = open.filter { answers[$0].receivedAt >= from && answers[$0].asOf <= until + Self.commitMs }
            if judged.isEmpty { continue }
            let listed = board.values.filter { $0.unlocks >= 1 }.sorted { $0.placing.precedes($1.placing) }
            let ranks = hunt.ranking.ranks(ofScores: listed.map(\.score))
            let lines = zip(listed, ranks).map { "\($1) \($0.player) \($0.score)" }
            for index in judged where fits(answers[index].kind, listed, lines, ranks) { open.remove(index) }
        }
        return open.sorted().map {
            "no committed state since \(answers[$0].asOf) gives \(answers[$0].text.prefix(600))"
        }
    }

    private func fits(_ kind: Answer.Kind, _ listed: [Row], _ lines: [String], _ ranks: [Int]) -> Bool {
        switch kind {
        case .board(let shown, let limit): return shown == Array(lines.prefix(limit))
        case .rank(let player, let rank):
            return listed.firstIndex { $0.player == player }.map { ranks[$0] } == rank
        case .around(let player, let shown, let radius):
            guard let place = listed.firstIndex(where: { $0.player == player }) else { return shown.isEmpty }
            return shown == Array(lines[max(0, place - radius)..<min(lines.count, place + radius + 1)])
        }
    }
}
