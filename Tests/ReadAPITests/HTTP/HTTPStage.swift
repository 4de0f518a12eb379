import HuntCore
import Logging
import NIOCore
import NIOPosix
import OrderIndex
import ServiceLifecycle
import Testing

@testable import ReadAPI

/// A read server on a free port, with boards that a test changes.
struct HTTPStage: Sendable {
    let port: Int
    let store: BoardStore
    let group: ServiceGroup

    /// Runs a server while `body` runs, then ends it gracefully.
    static func run(
        store: BoardStore = SampleBoards.store(), limits: ReadLimits = ReadLimits(),
        explainer: any PlayerExplaining = SampleExplainer(), streams: any BoardStreaming = SampleStreams(),
        assets: @escaping PageAssets = { _ in nil },
        _ body: (HTTPStage) async throws -> Void
    ) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = ReadServer(
            host: "127.0.0.1", port: 0, store: store, explainer: explainer, streams: streams, assets: assets,
            limits: limits, logger: logger, metrics: { "# others\n" }, onListening: { listening.yield($0) })
        let group = ServiceGroup(services: [server], logger: logger)
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        do {
            try await body(HTTPStage(port: port, store: store, group: group))
        } catch {
            Issue.record("\(error)")
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Asks once, on a connection of its own.
    func get(_ path: String, method: String = "GET", headers: [String: String] = [:]) async throws -> RawAnswer {
        let client = try await RawClient.open(port)
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        try await client.send("\(method) \(path) HTTP/1.1\r\nHost: test\r\n\(lines)\r\n")
        let answer = try await client.answer(isHead: method == "HEAD")
        await client.close()
        return answer
    }

    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> RawAnswer {
        let client = try await RawClient.open(port)
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let length = body.utf8.count
        try await client.send("POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(length)\r\n\(lines)\r\n\(body)")
        let answer = try await client.answer()
        await client.close()
        return answer
    }
}

/// Boards of a small hunt.
enum SampleBoards {
    static let asOf: Int64 = 1_781_254_900_123

    static func definition(
        _ slug: String = "old-town", ranking: HuntDefinition.Ranking = .firstToReach
    ) -> HuntDefinition {
        HuntDefinition(
            slug: slug, title: "Old \"Town\" \\ Évora", opensAt: 1_781_254_800_000, closesAt: 1_781_341_200_000,
            ranking: ranking,
            checkpoints: [
                .init(
                    id: "gate", tag: "04A1B2C3D4E5F6", points: 100, title: "The gate", latitude: "38.6916",
                    longitude: "-9.2160", zone: "west"),
                .init(
                    id: "well", tag: "04FFEEDDCCBBAA", points: 250, requires: ["gate"], opensAt: 1_781_254_900_000),
            ], trails: [.init(id: "both", checkpoints: ["gate", "well"], bonus: 50)])
    }

    /// `player-000` is first, and so on: each has ten points less than the one before. One more is known and not listed.
    static func board(
        _ slug: String = "old-town", huntID: Int32 = 1, players: Int = 120, rulesVersion: Int32 = 1,
        ranking: HuntDefinition.Ranking = .firstToReach
    ) -> Board {
        let index = OrderIndex(seed: 7)
        for number in 0..<players {
            let tally = Tally(
                score: Int64(players - number) * 10, unlocks: 2, reachedAt: 1_781_254_800_000 + Int64(number))
            _ = index.apply(PlayerValue(player: player(number), tally: tally, version: 3))
        }
        _ = index.apply(PlayerValue(player: PlayerID("newcomer")!, tally: .zero, version: 1))
        let hunt = BoardHunt(
            huntID: huntID, definition: definition(slug, ranking: ranking), rulesVersion: rulesVersion, erasures: 0)
        return Board(hunt, BoardStamp(asOf: asOf, version: Int64(players) * 3 + 1, source: .feed), index)
    }

    static func store(_ boards: [Board] = [board()]) -> BoardStore {
        let store = BoardStore()
        store.replace(boards)
        return store
    }

    static func name(_ number: Int) -> String { "player-\(number < 10 ? "00" : number < 100 ? "0" : "")\(number)" }

    static func player(_ number: Int) -> PlayerID { PlayerID(name(number))! }
}

extension BoardStore {
    /// Moves one player, as the follower does.
    func move(_ player: PlayerID, to score: Int64, in slug: String = "old-town") {
        board(slug)?.change { state in
            guard let value = state.index.value(of: player) else { return }
            let tally = Tally(score: score, unlocks: value.tally.unlocks, reachedAt: value.tally.reachedAt + 1_000)
            _ = state.index.apply(PlayerValue(player: player, tally: tally, version: value.version + 1))
            state.stamp.version += 1
            state.stamp.asOf += 100
        }
    }
}

/// Explains `player-000`, fails for others by their names.
struct SampleExplainer: PlayerExplaining {
    func explain(hunt: String, player: String) async throws(ReadFailure) -> PlayerExplanation? {
        switch player {
        case "player-001": throw .notNow(retryAfterMs: 1_500, reason: "no replica answers")
        case "player-002": throw .refused("no such table")
        case "player-003": return nil
        default: break
        }
        let explanation = Explanation(
            of: [
                AcceptedScan(
                    checkpoint: "gate", scannedAt: 1_781_254_801_000, partition: 0, offset: 7, eventID: "e-7"),
                AcceptedScan(
                    checkpoint: "well", scannedAt: 1_781_254_901_000, partition: 0, offset: 9, eventID: "e-9"),
            ], in: SampleBoards.definition())
        return PlayerExplanation(
            asOf: SampleBoards.asOf, source: .replica, rulesVersion: 1, tally: explanation.tally, version: 2,
            explanation: explanation)
    }
}

/// Two events, then what the test decides.
struct SampleStreams: BoardStreaming {
    struct Full: Error {}
    /// Whether streams stay open until nobody reads, with an event every 20 ms.
    var isEndless = false
    var isFull = false
    /// Whether one event follows the other at once, and fills buffers soon.
    var isLoud = false

    func frames(slug: String, top: Int, lastEventID: String?) throws -> SampleFrames? {
        if isFull { throw Full() }
        let first = "event: snapshot\ndata: \(slug) \(top) \(lastEventID ?? "-")\n\n"
        return SampleFrames([first, "event: delta\ndata: {}\n\n"], isEndless: isEndless, isLoud: isLoud)
    }
}

/// A list of events, and others behind it if there is no end.
final class SampleFrames: StreamFrames {
    private var events: ArraySlice<String>
    private let isEndless: Bool
    private let isLoud: Bool
    private var isDue = false

    init(_ events: [String], isEndless: Bool = false, isLoud: Bool = false) {
        self.events = events[...]
        self.isEndless = isEndless
        self.isLoud = isLoud
    }

    func step() -> StreamStep {
        if let event = events.popFirst() { return .send(ByteBuffer(string: event)) }
        guard isEndless else { return .ended }
        if isLoud { return .send(ByteBuffer(repeating: 0x20, count: 60_000)) }
        defer { isDue.toggle() }
        return isDue ? .send(ByteBuffer(string: "event: fresh\ndata: {}\n\n")) : .wait(wakeUp: 0)
    }

    func onWakeUp(after wakeUp: Int, _ body: @escaping @Sendable () -> Void) {
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(20), body)
    }
}
