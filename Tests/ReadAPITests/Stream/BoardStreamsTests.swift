import HuntCore
import NIOCore
import Randomness
import Synchronization
import Testing

@testable import ReadAPI

@Suite("Streams of boards")
struct BoardStreamsTests {
    private let stage = Stage()

    /// A stream that is asked for what it would send now.
    private struct Reader {
        let frames: BoardFrames
        var board = ShownBoard()

        init(_ streams: BoardStreams, top: Int = 10, after id: String? = nil) throws {
            frames = try #require(try streams.frames(slug: Stage.slug, top: top, lastEventID: id))
            // When to come back, before all.
            _ = frames.step()
        }

        /// - Returns: the event's name; nil: it would wait.
        mutating func read() throws -> String? {
            switch frames.step() {
            case .send(let bytes):
                try board.take(bytes)
                return board.lastEvent
            case .wait: return nil
            case .ended: return "ended"
            }
        }
    }

    private func hub(_ streamsMax: Int = 100) -> BoardStreams {
        BoardStreams(store: stage.store, streamsMax: streamsMax)
    }

    @Test("a stream begins with a snapshot, and tells every change once")
    func changes() throws {
        let streams = hub()
        stage.set("ana", score: 50)
        var reader = try Reader(streams)
        #expect(try reader.read() == "snapshot" && reader.board.entries == stage.first(10))
        #expect(try reader.read() == nil)
        stage.set("ben", score: 100)
        #expect(try reader.read() == nil)
        streams.tick()
        #expect(try reader.read() == "delta" && reader.board.entries == stage.first(10))
        #expect(reader.board.lastID == stage.stateID && reader.board.players == 2)
        #expect(try reader.read() == nil)
    }

    @Test("without changes a stream says so every 2 s, with the time of it and no id")
    func fresh() throws {
        let streams = hub()
        var reader = try Reader(streams)
        #expect(try reader.read() == "snapshot")
        let id = reader.board.lastID
        var events: [String?] = []
        for tick in 1...(3 * StreamChannel.freshTicks) {
            stage.confirm(asOf: 1000 + Int64(tick))
            streams.tick()
            events.append(try reader.read())
        }
        #expect(events.filter { $0 == "fresh" }.count == 3 && events.count { $0 == nil } == events.count - 3)
        #expect(reader.board.lastID == id && reader.board.asOf == "1970-01-01T00:00:01.024Z")
    }

    @Test("a reader that knows the newest state gets no snapshot, one that knows a recent state one delta")
    func resumes() throws {
        let streams = hub()
        stage.set("ana", score: 50)
        var first = try Reader(streams)
        #expect(try first.read() == "snapshot")
        var current = try Reader(streams, after: first.board.lastID)
        #expect(try current.read() == "fresh" && current.read() == nil)
        for player in ["ben", "cleo", "dora"] {
            stage.set(player, score: 70)
            streams.tick()
        }
        var behind = try Reader(streams, after: first.board.lastID)
        behind.board = first.board
        #expect(try behind.read() == "delta" && behind.board.broughtCount == 4)
        #expect(behind.board.entries == stage.first(10))
        for id in ["", "1.0.999", "2.0.4", "nonsense"] {
            var stranger = try Reader(streams, after: id)
            #expect(try stranger.read() == "snapshot" && stranger.board.entries == stage.first(10))
        }
    }

    @Test("readers of any speed and size end with exactly the newest board", arguments: HuntDefinition.Ranking.allCases)
    func exact(ranking: HuntDefinition.Ranking) throws {
        var generator = SplitMix64(seed: 11)
        stage.put(huntID: 1, ranking: ranking)
        let streams = hub()
        let tops = [1, 3, 10, 50, 100, 100]
        var readers = try tops.map { try Reader(streams, top: $0) }
        for round in 0..<2000 {
            for _ in 0..<generator.below(5) {
                let player = "p\(generator.below(130))"
                if generator.chance(3) {
                    stage.erase(player)
                } else {
                    stage.set(player, score: Int64(generator.below(9)), at: Int64(generator.below(3)) - 1)
                }
            }
            if round == 1000 { stage.changeRules() }
            streams.tick()
            for position in readers.indices where generator.once(in: 1 + position * position * 10) {
                if try readers[position].read() != nil {
                    #expect(readers[position].board.entries == stage.first(tops[position]))
                }
                // One that comes back knows only the id.
                guard generator.once(in: 10), let id = readers[position].board.lastID else { continue }
                let board = readers[position].board
                readers[position] = try Reader(streams, top: tops[position], after: id)
                readers[position].board = board
            }
        }
        for _ in 0...StreamChannel.freshTicks { streams.tick() }
        for position in readers.indices {
            while try readers[position].read() != nil {}
            #expect(readers[position].board.entries == stage.first(tops[position]))
            #expect(readers[position].board.lastID == stage.stateID)
        }
        #expect(streams.totals.sent(.delta) > 500 && streams.totals.sent(.snapshot) > tops.count)
    }

    @Test("a reader that was away for longer than the history gets one snapshot, and nothing was kept for it")
    func slow() throws {
        let streams = hub()
        var reader = try Reader(streams)
        #expect(try reader.read() == "snapshot")
        for score in 0..<Int64(StreamHistory.statesMax + 1) {
            stage.set("ana", score: score)
            streams.tick()
        }
        #expect(try reader.read() == "snapshot" && reader.board.entries == stage.first(10))
        #expect(try reader.read() == nil)
    }

    @Test("a change below the players shown waits a second for one among them")
    func quiet() throws {
        let streams = hub()
        stage.set("ana", score: 50)
        var reader = try Reader(streams, top: 1)
        #expect(try reader.read() == "snapshot")
        var events: [String?] = []
        for score in 1...Int64(2 * StreamChannel.quietTicks) {
            stage.set("ben", score: score)
            streams.tick()
            events.append(try reader.read())
        }
        #expect(events == [nil, nil, nil, "delta", nil, nil, nil, "delta"])
        #expect(reader.board.broughtCount == 0 && reader.board.players == 2)
        stage.set("ben", score: 60)
        streams.tick()
        #expect(try reader.read() == "delta" && reader.board.entries.map(\.player) == ["ben"])
    }

    @Test("readers from the same state share the bytes of their event")
    func sharing() throws {
        let streams = hub()
        let readers = try (0..<3).map { _ in try Reader(streams) }
        let places = readers.map { reader in
            guard case .send(let bytes) = reader.frames.step() else { return 0 }
            return bytes.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
        }
        #expect(places[0] != 0 && Set(places).count == 1)
    }

    @Test("an unknown hunt has no stream, and streams are as many as are allowed")
    func limits() throws {
        let streams = hub(2)
        #expect(try streams.frames(slug: "porto", top: 10, lastEventID: nil) == nil)
        var readers = [try Reader(streams), try Reader(streams)]
        #expect(throws: StreamRefusal.full(streamsMax: 2)) { try Reader(streams) }
        #expect(streams.open == 2)
        readers.removeLast()
        readers.append(try Reader(streams, top: 1000))
        #expect(readers[1].frames.top == 100 && streams.open == 2)
    }

    @Test("streams of a hunt that is deleted end, also when another one takes its name")
    func deleted() throws {
        let streams = hub()
        var reader = try Reader(streams)
        #expect(try reader.read() == "snapshot")
        stage.put(huntID: 2)
        streams.tick()
        #expect(try reader.read() == "ended")
        var next = try Reader(streams)
        #expect(try next.read() == "snapshot")
        stage.clear()
        streams.tick()
        #expect(try next.read() == "ended")
        #expect(try streams.frames(slug: Stage.slug, top: 1, lastEventID: nil) == nil)
    }

    @Test("a waiting stream is woken by a change, and ended by the end")
    func waiting() throws {
        let streams = hub()
        var reader = try Reader(streams)
        #expect(try reader.read() == "snapshot")
        let woken = Atomic<Int>(0)
        func wait() {
            guard case .wait(let wakeUp) = reader.frames.step() else {
                Issue.record("there is something to say")
                return
            }
            reader.frames.onWakeUp(after: wakeUp) { woken.wrappingAdd(1, ordering: .relaxed) }
        }
        wait()
        streams.tick()
        #expect(woken.load(ordering: .relaxed) == 0)
        stage.set("ana", score: 50)
        streams.tick()
        #expect(try woken.load(ordering: .relaxed) == 1 && reader.read() == "delta")
        #expect(reader.board.entries == stage.first(10))
        wait()
        streams.end()
        #expect(try woken.load(ordering: .relaxed) == 2 && reader.read() == "ended")
        #expect(try streams.frames(slug: Stage.slug, top: 10, lastEventID: nil) == nil)
    }

    @Test("who begins to wait after the wake-up is woken at once")
    func late() throws {
        let streams = hub()
        var reader = try Reader(streams)
        #expect(try reader.read() == "snapshot")
        guard case .wait(let wakeUp) = reader.frames.step() else {
            Issue.record("there is something to say")
            return
        }
        stage.set("ana", score: 50)
        streams.tick()
        let woken = Atomic<Int>(0)
        reader.frames.onWakeUp(after: wakeUp) { woken.wrappingAdd(1, ordering: .relaxed) }
        #expect(woken.load(ordering: .relaxed) == 1)
    }

    @Test("as a service it looks by itself, and ends its streams when it is stopped")
    func service() async throws {
        let streams = hub()
        let running = Task { try await streams.run() }
        let frames = try #require(try streams.frames(slug: Stage.slug, top: 10, lastEventID: nil))
        var board = ShownBoard()
        let first = try #require(await next(frames))
        #expect(String(buffer: first).wholeMatch(of: /retry: [12]\d\d\d\n\n/) != nil)
        try board.take(try #require(await next(frames)))
        stage.set("ana", score: 50)
        try board.take(try #require(await next(frames)))
        #expect(board.lastEvent == "delta" && board.entries == stage.first(10))
        running.cancel()
        #expect(await next(frames) == nil)
        try await running.value
    }

    /// A stream's next event; nil: it has ended.
    private func next(_ frames: BoardFrames) async -> ByteBuffer? {
        while true {
            switch frames.step() {
            case .send(let event): return event
            case .ended: return nil
            case .wait(let wakeUp):
                await withCheckedContinuation { continuation in
                    frames.onWakeUp(after: wakeUp) { continuation.resume() }
                }
            }
        }
    }
}
