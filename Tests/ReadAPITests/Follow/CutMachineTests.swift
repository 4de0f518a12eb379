import FlowCore
import HuntCore
import OrderIndex
import Randomness
import Testing

@testable import ReadAPI

@Suite("Cuts of the feed")
struct CutMachineTests {
    private func player(_ value: PlayerValue) -> Int { Int(value.player.string.dropFirst())! }

    @Test("boards led by the feed show states that were committed and no other", arguments: 0..<300)
    func showsCommittedStates(seed: Int) {
        var database = ToyDatabase(seed: UInt64(seed), partitions: 1 + seed % 5, players: 7)
        var machine = CutMachine()
        var shown = database.versions
        machine.propose(database.cut)
        #expect(machine.verdict == .askDatabase(.start))
        machine.show(database.cut)
        var undelivered: [FedChange] = []
        var wanted: [Int64]?
        var completed = 0
        for _ in 0..<200 {
            let before = database.told.count
            if database.random.chance(50) { database.commit() }
            undelivered += database.told[before...]
            if wanted == nil, database.random.chance(50) {
                machine.propose(database.cut)
                wanted = database.versions
            }
            for _ in 0..<database.random.below(8) where !undelivered.isEmpty {
                let index = database.random.below(undelivered.count)
                let change = undelivered[index]
                // At least once.
                if database.random.chance(80) { undelivered.remove(at: index) }
                _ = machine.arrived(change, isNewer: change.value.version > shown[player(change.value)])
            }
            switch machine.verdict {
            case .complete:
                for change in machine.advance() {
                    shown[player(change.value)] = max(shown[player(change.value)], change.value.version)
                }
                #expect(shown == wanted)
                wanted = nil
                completed += 1
            case .waiting: break
            case let verdict: Issue.record("\(verdict)")
            }
        }
        #expect(completed > 5)
    }

    @Test("a change that is lost keeps its cut from becoming complete", arguments: 0..<50)
    func lossIsSeen(seed: Int) {
        var database = ToyDatabase(seed: UInt64(seed), partitions: 3, players: 5)
        var machine = CutMachine()
        machine.show(database.cut)
        while database.told.count < 4 { database.commit() }
        machine.propose(database.cut)
        let lost = database.random.below(database.told.count)
        for (index, change) in database.told.enumerated() where index != lost {
            _ = machine.arrived(change, isNewer: true)
        }
        #expect(machine.verdict == .waiting(missing: 1))
        // What the database itself told takes the place of the lost one.
        machine.show(database.cut)
        machine.propose(database.cut)
        #expect(machine.verdict == .complete)
        #expect(machine.waitingCount == 0)
    }

    @Test("changes of later states wait, and only they")
    func laterStatesWait() {
        var database = ToyDatabase(seed: 4, partitions: 2, players: 4)
        var machine = CutMachine()
        machine.show(database.cut)
        for _ in 0..<5 { database.commit() }
        machine.propose(database.cut)
        let count = database.told.count
        for _ in 0..<5 { database.commit() }
        for change in database.told { _ = machine.arrived(change, isNewer: true) }
        #expect(machine.advance().count == count)
        #expect(machine.waitingCount == database.told.count - count)
    }

    @Test("what no single scan brought, and what was told anew with an old scan, only the database can place")
    func unplaced() {
        var database = ToyDatabase(seed: 5, partitions: 1, players: 1)
        var machine = CutMachine()
        while database.told.isEmpty { database.commit() }
        machine.show(database.cut)
        var change = database.told[0]
        #expect(machine.arrived(change, isNewer: false) == .known)
        #expect(machine.arrived(change, isNewer: true) == .unplaced)
        machine.propose(database.cut)
        #expect(machine.verdict == .askDatabase(.unplaced))
        machine.show(database.cut)
        machine.propose(database.cut)
        #expect(machine.verdict == .complete)
        change.offset = -1
        #expect(machine.arrived(change, isNewer: true) == .unplaced)
    }

    @Test("commands, other definitions, foreign leases and leases that went back lead to the database")
    func otherReasons() {
        func cut(
            asOf: Int64 = 2, generation: Int64 = 1, erasures: Int64 = 0, upkeep: Bool = false, foreign: Int64 = 0,
            next: Int64 = 10, changes: Int64 = 5
        ) -> CommittedCut {
            CommittedCut(
                asOf: asOf, generation: generation, erasures: erasures, isUnderUpkeep: upkeep, foreignChanges: foreign,
                marks: [LeaseMark(partition: 0, nextOffset: next, changes: changes)])
        }
        var machine = CutMachine()
        machine.show(cut())
        func verdict(_ cut: CommittedCut) -> CutMachine.Verdict {
            var copy = machine
            copy.propose(cut)
            return copy.verdict
        }
        #expect(verdict(cut()) == .complete)
        #expect(verdict(cut(asOf: 1)) == .outdated)
        #expect(verdict(cut(generation: 2)) == .askDatabase(.definitions))
        #expect(verdict(cut(erasures: 1)) == .askDatabase(.erasure))
        #expect(verdict(cut(upkeep: true)) == .askDatabase(.upkeep))
        #expect(verdict(cut(foreign: 1)) == .askDatabase(.foreign))
        #expect(verdict(cut(next: 9)) == .askDatabase(.wentBack))
        #expect(verdict(cut(next: 11, changes: 4)) == .askDatabase(.wentBack))
        #expect(verdict(cut(next: 11, changes: 6)) == .waiting(missing: 1))
        _ = machine.arrived(
            FedChange(
                hunt: 0, value: PlayerValue(player: PlayerID("a")!, tally: .zero, version: 1), partition: 0, offset: 10),
            isNewer: true)
        #expect(verdict(cut(next: 11, changes: 5)) == .askDatabase(.surplus))
        #expect(verdict(cut(next: 11, changes: 6)) == .complete)
    }
}
