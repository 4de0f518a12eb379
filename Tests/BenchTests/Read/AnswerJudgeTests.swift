import Testing

@testable import cairn_bench

@Suite("Answers held against the history")
struct AnswerJudgeTests {
    private let initial = ReadSample.board(players: 60, seed: 1)
    private let commits = ReadSample.commits(40, players: 60, seed: 2)
    private let judge: AnswerJudge
    /// The board after the first so many commits.
    private let boards: [NaiveBoard]
    private let questions: [ReadQuestion] = [.player(7), .board, .around(21), .lookup([3, 4, 8, 15, 22])]

    init() {
        judge = AnswerJudge(
            initial: initial, history: CommitHistory(commits: commits, snapshots: ReadSample.snapshots(of: commits)))
        var boards = [initial]
        for commit in commits {
            var board = boards[boards.count - 1]
            for change in commit.changes { board.set(change.player, change.state) }
            boards.append(board)
        }
        self.boards = boards
    }

    /// When the last of the first so many commits was made.
    private func moment(_ count: Int) -> Int64 { ReadSample.startUs + Int64(count - 1) * ReadSample.stepUs }

    @Test("an answer is right from when its state is committed until the next one can be seen")
    func rightStates() {
        var answers: [KeptAnswer] = []
        for count in 1..<40 {
            for question in questions {
                let asOf = moment(count) + 6_000
                answers.append(
                    ReadSample.answer(
                        to: question, showing: boards[count], asOfUs: asOf, receivedUs: asOf + 1_000))
                // A later state may be shown too, as long as it was there when the answer came.
                answers.append(
                    ReadSample.answer(
                        to: question, showing: boards[count + 1], asOfUs: asOf, receivedUs: moment(count + 1) + 50))
            }
        }
        let verdict = judge.judge(answers)
        #expect(verdict.checked == answers.count && verdict.isRight, "\(verdict.details)")
        #expect(verdict.age?.count == answers.count)
    }

    @Test("a state that was over at its as_of, and one that was not yet, are wrong")
    func wrongStates() {
        var answers: [KeptAnswer] = []
        for count in 2..<39 {
            let asOf = moment(count) + 8_000
            for other in [boards[count - 1], boards[count + 1]] {
                answers.append(
                    ReadSample.answer(to: .board, showing: other, asOfUs: asOf, receivedUs: asOf + 1_000))
            }
        }
        // A commit may leave the first 50 as they were, and then the older board is still right.
        let visible = answers.indices.count { index in
            boards[2 + index / 2].answer(to: .board)
                != boards[index % 2 == 0 ? 1 + index / 2 : 3 + index / 2]
                .answer(to: .board)
        }
        let verdict = judge.judge(answers)
        #expect(visible > 60)
        #expect(verdict.wrong == visible && verdict.mislabelled == answers.count - visible)
        #expect(verdict.details.count == 10)
    }

    @Test("an answer with part of a transaction is wrong")
    func torn() {
        var torn = boards[20]
        for change in commits[20].changes.dropLast() { torn.set(change.player, change.state) }
        let asOf = moment(20) + 5_000
        let answer = ReadSample.answer(to: .board, showing: torn, asOfUs: asOf, receivedUs: asOf + 90_000)
        #expect(torn.answer(to: .board) != boards[20].answer(to: .board))
        #expect(torn.answer(to: .board) != boards[21].answer(to: .board))
        #expect(judge.judge([answer]).wrong == 1)
    }

    @Test("a wrong rank, score, instant, version, count or neighbour is noticed")
    func anyField() {
        let changes: [(inout AnswerContent) -> Void] = [
            { $0.entries[1].rank! += 1 }, { $0.entries[2].score += 5 }, { $0.entries[0].reachedAt += 1 },
            { $0.entries[1].version += 1 }, { $0.entries[0].unlocks += 1 }, { $0.players += 1 },
            { $0.entries.swapAt(0, 1) }, { $0.entries.removeLast() },
        ]
        let asOf = moment(10) + 5_000
        for change in changes {
            for question in [.board, .around(boardLeader)] as [ReadQuestion] {
                let answer = ReadSample.answer(
                    to: question, showing: boards[10], asOfUs: asOf, receivedUs: asOf + 100, changing: change)
                #expect(judge.judge([answer]).wrong == 1)
            }
        }
    }

    private var boardLeader: Int {
        boards[10].states.indices.first {
            ReadQuestion.name($0) == boards[10].answer(to: .board).entries[0].player
        } ?? 0
    }

    @Test("a right answer with another state's version is told apart")
    func mislabelled() {
        let asOf = moment(10) + 5_000
        let answer = ReadSample.answer(
            to: .around(21), showing: boards[10], asOfUs: asOf, receivedUs: asOf + 100, version: boards[11].version)
        let verdict = judge.judge([answer])
        #expect(verdict.wrong == 0 && verdict.mislabelled == 1)
    }

    @Test("what cannot be read, and what is of a later time than its arrival, is wrong")
    func unreadable() {
        let asOf = moment(10) + 5_000
        var answer = ReadSample.answer(to: .board, showing: boards[10], asOfUs: asOf, receivedUs: asOf + 100)
        #expect(judge.judge([answer]).isRight)
        answer.receivedUs = asOf - 1
        #expect(judge.judge([answer]).wrong == 1)
        answer.receivedUs = asOf + 100
        answer.question = .lookup([1])
        #expect(judge.judge([answer]).wrong == 1)
        answer.question = .board
        answer.body.removeLast()
        #expect(judge.judge([answer]).wrong == 1)
    }

    @Test("two that are committed together may become visible in either order, as long as nobody saw the first one")
    func overtaking() {
        var swapped = boards[10]
        for change in commits[11].changes { swapped.set(change.player, change.state) }
        let before = moment(10) + 5_000
        let during = ReadSample.answer(
            to: .board, showing: swapped, asOfUs: before, receivedUs: moment(12) + 2_000)
        #expect(judge.judge([during]).isRight)
        let early = ReadSample.answer(
            to: .board, showing: swapped, asOfUs: before, receivedUs: moment(12) - 2_000)
        #expect(judge.judge([early]).wrong == 1)
        let seen = moment(11) + 6_000
        let late = ReadSample.answer(to: .board, showing: swapped, asOfUs: seen, receivedUs: moment(12) + 2_000)
        #expect(judge.judge([late]).wrong == 1)
    }
}

@Suite("Who could see which commit")
struct CommitHistoryTests {
    @Test("a snapshot holds what has ended, and neither what runs nor what comes")
    func snapshot() throws {
        let snapshot = try #require(SeenSnapshot(atUs: 5, text: "700:704:701,703"))
        #expect((699...705).map { snapshot.holds($0) } == [true, true, false, true, false, false, false])
        #expect(SeenSnapshot(atUs: 5, text: "700:704") == nil && SeenSnapshot(atUs: 5, text: "x:1:") == nil)
    }

    @Test("a window begins with what was seen at its as_of, and ends with what was committed at the arrival")
    func windows() {
        let commits = ReadSample.commits(5, players: 24, seed: 1)
        let start = ReadSample.startUs
        // The third one ends before the second one does.
        let snapshots = [(0, "700:700:"), (11_000, "701:701:"), (21_500, "701:703:701"), (30_000, "703:703:")]
            .compactMap { SeenSnapshot(atUs: start + Int64($0.0), text: $0.1) }
        let history = CommitHistory(commits: commits, snapshots: snapshots)
        func window(_ asOfMs: Int64, _ receivedUs: Int64) -> StateWindow {
            history.window(asOf: start / 1_000 + asOfMs, receivedUs: start + receivedUs)
        }
        #expect(window(-1, -1) == StateWindow(unbroken: 0, start: 0, end: 0))
        #expect(window(-1, 20_000) == StateWindow(unbroken: 0, start: 0, end: 3))
        #expect(window(11, 12_000) == StateWindow(unbroken: 1, start: 1, end: 2))
        #expect(window(22, 29_999) == StateWindow(unbroken: 1, start: 3, end: 3))
        #expect(window(99, 99_000) == StateWindow(unbroken: 3, start: 3, end: 5))
    }
}
