import Testing

@testable import cairn_bench

@Suite("Visits by the clock")
struct VisitPlanTests {
    private func plan(_ kind: VisitPlan.Kind) -> VisitPlan {
        VisitPlan(kind: kind, port: 1, rate: 2_000, visits: 20_000, players: 1_000, seed: 5)
    }

    @Test("the mix is 60 % ranks, 25 % boards, 10 % neighbours and 5 % friends, the same for the same seed")
    func mix() {
        let questions = (0..<20_000).flatMap { plan(.mix(connections: 4)).questions(ofVisit: $0) }
        #expect(questions.count == 20_000)
        var counts = [0, 0, 0, 0]
        for question in questions {
            switch question {
            case .player: counts[0] += 1
            case .board: counts[1] += 1
            case .around: counts[2] += 1
            case .lookup(let players):
                counts[3] += 1
                #expect(players.count == 20 && Set(players).count == 20)
            }
        }
        for (count, share) in zip(counts, [0.60, 0.25, 0.10, 0.05]) {
            #expect(abs(Double(count) / 20_000 - share) < 0.01)
        }
        #expect(plan(.mix(connections: 1)).questions(ofVisit: 17) == [questions[17]])
    }

    @Test("a refreshing telephone asks for the board, its own rank and its own neighbours")
    func refresh() {
        var players: Set<Int> = []
        for visit in 0..<1_000 {
            let questions = plan(.refresh).questions(ofVisit: visit)
            guard case .player(let player) = questions[1] else { return #expect(Bool(false), "\(questions)") }
            #expect(questions == [.board, .player(player), .around(player)])
            players.insert(player)
        }
        #expect(players.count > 500)
    }

    @Test("visits are evenly spaced")
    func clock() {
        #expect(plan(.refresh).dueNs(ofVisit: 0) == 0)
        #expect(plan(.refresh).dueNs(ofVisit: 2_000) == 1_000_000_000)
    }

    @Test("a request names its length where it has a body, and the routes are those of the API")
    func requests() {
        func text(_ question: ReadQuestion) -> String { String(decoding: question.request, as: UTF8.self) }
        #expect(text(.player(7)).hasPrefix("GET /v1/hunts/bench/players/p000007 HTTP/1.1\r\n"))
        #expect(text(.around(7)).hasPrefix("GET /v1/hunts/bench/players/p000007/around?radius=5 HTTP/1.1\r\n"))
        #expect(text(.board).hasPrefix("GET /v1/hunts/bench/board?limit=50 HTTP/1.1\r\n"))
        #expect(text(.board).hasSuffix("\r\n\r\n"))
        let lookup = text(.lookup([1, 2]))
        #expect(lookup.hasPrefix("POST /v1/hunts/bench/players:lookup HTTP/1.1\r\n"))
        #expect(lookup.hasSuffix("Content-Length: 33\r\n\r\n{\"players\":[\"p000001\",\"p000002\"]}"))
    }

    @Test(
        "where nobody listens every visit ends with a failure",
        arguments: [VisitPlan.Kind.mix(connections: 3), .refresh])
    func nobody(kind: VisitPlan.Kind) {
        var plan = plan(kind)
        plan.visits = 40
        let figures = VisitorLoad(plan).run()
        #expect(figures.answers == 0 && figures.kept.isEmpty && figures.latency == nil)
        let questions: Int = if case .refresh = kind { 120 } else { 40 }
        #expect(figures.failures.values.reduce(0, +) == questions)
    }
}
