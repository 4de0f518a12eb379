import HuntCore
import Testing

@Suite("What a rescore may change")
struct RuleChangeTests {
    private let day: Int64 = 86_400_000
    private let opening: Int64 = 1_781_254_800_000

    private func hunt() -> HuntDefinition {
        HuntDefinition(
            slug: "small", title: "Small", opensAt: opening, closesAt: opening + 3 * day, lateGrace: 3_600_000,
            checkpoints: [
                .init(id: "gate", tag: "04A1B2C3D4E5F6", points: 10),
                .init(
                    id: "tower", tag: "04A1B2C3D4E5F7", points: 20, requires: ["gate"], opensAt: opening + day,
                    closesAt: opening + 2 * day),
                .init(id: "well", tag: "04A1B2C3D4E5F8", points: 5),
            ],
            trails: [.init(id: "walk", checkpoints: ["gate", "tower"], bonus: 5)])
    }

    private func change(_ edit: (inout HuntDefinition) -> Void) -> RuleChange {
        var new = hunt()
        edit(&new)
        return RuleChange(from: hunt(), to: new)
    }

    @Test("an equal definition changes nothing")
    func equal() {
        #expect(change { _ in } == RuleChange(from: hunt(), to: hunt()))
        #expect(change { _ in }.allowed.isEmpty && change { _ in }.forbidden.isEmpty)
    }

    @Test("points, bonuses, requirements, trails, ranking, titles and added checkpoints may change")
    func allowed() {
        let edits: [(inout HuntDefinition) -> Void] = [
            { $0.checkpoints[0].points = 11 }, { $0.trails[0].bonus = 6 }, { $0.checkpoints[1].requires = [] },
            { $0.checkpoints[2].requires = ["gate"] }, { $0.trails = [] },
            { $0.trails[0].checkpoints = ["gate", "well"] },
            { $0.trails.append(.init(id: "loop", checkpoints: ["gate", "well"], bonus: 1)) },
            { $0.ranking = .shared }, { $0.title = "Other" }, { $0.checkpoints[0].title = "Gate" },
            { $0.checkpoints[0].zone = "north" }, { $0.checkpoints[0].latitude = "38.7" },
            { $0.checkpoints.append(.init(id: "arch", tag: "04A1B2C3D4E5F9", points: 1)) },
            { $0.checkpoints.swapAt(0, 2) },
        ]
        for (number, edit) in edits.enumerated() {
            let change = change(edit)
            #expect(change.forbidden.isEmpty && change.allowed.count == 1, "edit \(number): \(change)")
        }
    }

    @Test("wider windows and a longer grace may come, narrower ones may not")
    func windows() {
        let wider: [(inout HuntDefinition) -> Void] = [
            { $0.opensAt -= 1 }, { $0.closesAt += 1 }, { $0.lateGrace += 1_000 },
            { $0.checkpoints[1].opensAt = nil }, { $0.checkpoints[1].closesAt = opening + 3 * day },
        ]
        for (number, edit) in wider.enumerated() { #expect(change(edit).forbidden.isEmpty, "wider \(number)") }
        let narrower: [(inout HuntDefinition) -> Void] = [
            { $0.opensAt += 1 }, { $0.closesAt -= 1 }, { $0.lateGrace -= 1_000 },
            { $0.checkpoints[0].opensAt = opening + 1 }, { $0.checkpoints[1].opensAt = opening + day + 1 },
            { $0.checkpoints[1].closesAt = opening + 2 * day - 1 },
            // As long as before, but elsewhere.
            {
                $0.checkpoints[1].opensAt = opening + day + 1
                $0.checkpoints[1].closesAt = opening + 2 * day + 1
            },
        ]
        for (number, edit) in narrower.enumerated() { #expect(!change(edit).forbidden.isEmpty, "narrower \(number)") }
    }

    @Test("a removed checkpoint, another tag and a reused tag need a new hunt")
    func forbidden() {
        #expect(change { $0.checkpoints.removeLast() }.forbidden == ["checkpoint well: removed"])
        #expect(
            change { $0.checkpoints[2].tag = "04A1B2C3D4E5FF" }.forbidden
                == ["checkpoint well: tag 04A1B2C3D4E5F8 -> 04A1B2C3D4E5FF"])
        let swapped = change {
            $0.checkpoints[0].tag = "04A1B2C3D4E5F8"
            $0.checkpoints[2].tag = "04A1B2C3D4E5F6"
        }
        #expect(swapped.forbidden.count == 2)
    }

    @Test("a closed hunt accepts no scan from its end on, and opening it again is a wider window")
    func closing() {
        for end in [opening + 1, opening + day, opening + 2 * day, opening + 9 * day] {
            let closed = hunt().closed(at: end)
            #expect(closed.closesAt == min(end, opening + 3 * day))
            for (before, after) in zip(hunt().checkpoints, closed.checkpoints) {
                let window = after.window(in: closed)
                #expect(window == before.window(in: hunt()).clamped(to: opening..<closed.closesAt) || window.isEmpty)
                #expect(window.upperBound <= closed.closesAt)
            }
            #expect(RuleChange(from: closed, to: hunt()).forbidden.isEmpty)
        }
    }
}
