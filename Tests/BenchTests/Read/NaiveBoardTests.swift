import Testing

@testable import cairn_bench

@Suite("The naive board")
struct NaiveBoardTests {
    /// The order of contracts.md section 3, by sorting.
    private func order(_ board: NaiveBoard) -> [Int] {
        board.states.indices.filter { board.states[$0].unlocks > 0 }.sorted { left, right in
            let (one, other) = (board.states[left], board.states[right])
            if one.score != other.score { return one.score > other.score }
            if one.reachedAt != other.reachedAt {
                return other.reachedAt == -1 || (one.reachedAt != -1 && one.reachedAt < other.reachedAt)
            }
            return left < right
        }
    }

    @Test("every answer is what sorting gives", arguments: [30, 31, 200] as [Int])
    func sorted(players: Int) throws {
        let board = ReadSample.board(players: players, seed: UInt64(players))
        let order = order(board)
        #expect(order.count == board.listed && order.count > players / 2 && order.count < players)
        let names = order.map { ReadQuestion.name($0) }
        let first = board.answer(to: .board)
        #expect(first.players == order.count && first.entries.map(\.player) == Array(names.prefix(50)))
        #expect(first.entries.map(\.rank) == (1...min(50, order.count)).map { $0 })
        for player in 0..<players {
            let own = try #require(board.answer(to: .player(player)).entries.first)
            let place = order.firstIndex(of: player)
            #expect(own.rank == place.map { $0 + 1 })
            #expect(own.score == board.states[player].score && own.version == board.states[player].version)
            let near = board.answer(to: .around(player)).entries
            guard let place else {
                #expect(near.isEmpty)
                continue
            }
            let range = max(0, place - 5)...min(order.count - 1, place + 5)
            #expect(near.map(\.player) == Array(names[range]))
            #expect(near.map(\.rank) == range.map { $0 + 1 })
        }
        let friends = board.answer(to: .lookup(Array(0..<20))).entries
        let listed = names.filter { name in (0..<20).contains { ReadQuestion.name($0) == name } }
        #expect(friends.prefix(listed.count).map(\.player) == listed)
        #expect(friends.dropFirst(listed.count).allSatisfy { $0.rank == nil } && friends.count == 20)
    }

    @Test("its version and its count follow every change, and a change can be taken back")
    func changes() {
        var board = ReadSample.board(players: 40, seed: 3)
        var random = TestRandom(seed: 4)
        for step in 0..<300 {
            let player = random.below(40)
            let version = board.version
            let state = ReadSample.state(&random, version: Int64(step) + 2)
            let before = board.set(player, state)
            #expect(board.version == version + state.version - before.version)
            #expect(board.listed == board.states.count { $0.unlocks > 0 })
            if step % 3 == 0 {
                board.set(player, before)
                #expect(board.version == version && board.states[player] == before)
            }
            #expect(board.version == board.states.reduce(0) { $0 + $1.version })
        }
    }
}
