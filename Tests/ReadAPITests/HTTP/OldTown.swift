import HuntCore
import OrderIndex

@testable import ReadAPI

/// The hunt of docs/formats.md with four players, as docs/api.md tells of them.
enum OldTown {
    private static let opensAt: Int64 = 1_735_689_600_000
    private static let tenOClock: Int64 = 1_749_722_400_000

    static let definition = HuntDefinition(
        slug: "old-town", title: "Old town", opensAt: opensAt, closesAt: 1_893_456_000_000, lateGrace: 21_600_000,
        checkpoints: [
            .init(
                id: "gate", tag: "04A1B2C3D4E5F6", points: 50, title: "The gate", latitude: "38.7139",
                longitude: "-9.1334", zone: "west"),
            .init(id: "vault", tag: "04FFEEDDCCBBAA", points: 100, requires: ["gate"], opensAt: 1_748_736_000_000),
        ], trails: [.init(id: "both", checkpoints: ["gate", "vault"], bonus: 25)])

    private static let scans: [(player: String, checkpoint: String, minute: Int64)] = [
        ("ana", "gate", 0), ("bo", "gate", 1), ("cleo", "gate", 2), ("dana", "vault", 4), ("ana", "vault", 5),
    ]

    static func explanation(of player: String) -> Explanation {
        let accepted = scans.enumerated().filter { $0.element.player == player }.map { number, scan in
            AcceptedScan(
                checkpoint: scan.checkpoint, scannedAt: tenOClock + scan.minute * 60_000, partition: 0,
                offset: Int64(number), eventID: "e-\(number + 1)")
        }
        return Explanation(of: accepted, in: definition)
    }

    static func store() -> BoardStore {
        let index = OrderIndex(seed: 1)
        var version: Int64 = 0
        for (player, own) in [("ana", 2), ("bo", 1), ("cleo", 1), ("dana", 1)] as [(String, Int64)] {
            guard let id = PlayerID(player) else { continue }
            _ = index.apply(PlayerValue(player: id, tally: explanation(of: player).tally, version: own))
            version += own
        }
        let hunt = BoardHunt(huntID: 1, definition: definition, rulesVersion: 1, erasures: 0)
        let store = BoardStore()
        store.replace([Board(hunt, BoardStamp(asOf: tenOClock + 600_123, version: version, source: .feed), index)])
        return store
    }

    struct Explainer: PlayerExplaining {
        func explain(hunt: String, player: String) async throws(ReadFailure) -> PlayerExplanation? {
            let explanation = OldTown.explanation(of: player)
            return PlayerExplanation(
                asOf: tenOClock + 600_200, source: .replica, rulesVersion: 1, tally: explanation.tally,
                version: player == "ana" ? 2 : 1, explanation: explanation)
        }
    }

    /// A snapshot, and cleo who overtakes bo.
    struct Streams: BoardStreaming {
        func frames(slug: String, top: Int, lastEventID: String?) throws -> SampleFrames? {
            guard let page = store().firstPage(of: slug, limit: top) else { return nil }
            let begin = #"{"as_of":"2025-06-12T10:10:00.373Z","version":6,"source":"feed","#
            let cleo = #"{"rank":2,"player":"cleo","score":175,"unlocks":2,"reached_at":"2025-06-12T10:09:59.000Z","#
            let events = [
                "event: snapshot\nid: 1.0.5\ndata: \(String(buffer: page))\n\n",
                "event: delta\nid: 1.0.6\ndata: \(begin)\"players\":3,\"changed\":[\(cleo)\"player_version\":2}],"
                    + "\"gone\":[\"bo\"]}\n\n",
                "event: fresh\ndata: \(begin.dropLast())}\n\n",
            ]
            return SampleFrames(events)
        }
    }
}
