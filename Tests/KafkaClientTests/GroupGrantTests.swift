import Testing

@testable import KafkaClient

@Suite("What the group has granted")
struct GroupGrantTests {
    private func partitions(_ starts: [(partition: Int32, offset: Int64)]?) -> [Int32]? { starts?.map(\.partition) }

    @Test("an assignment is answered once")
    func answeredOnce() {
        var grant = GroupGrant()
        #expect(grant.answerAssign([(0, 5)]) == nil)
        grant.arrived(.assigned([0, 1]), isCooperative: false)
        #expect(grant.owned == [0, 1])
        #expect(partitions(grant.answerAssign([(0, 5), (1, 7)])) == [0, 1])
        #expect(grant.answerAssign([(0, 5)]) == nil)
    }

    @Test("partitions of an older assignment and repeated ones are left out of the answer")
    func staleAnswer() {
        var grant = GroupGrant()
        grant.arrived(.assigned([0, 1]), isCooperative: false)
        grant.arrived(.assigned([1, 2]), isCooperative: false)
        #expect(grant.owned == [1, 2])
        #expect(partitions(grant.answerAssign([(0, 1), (1, 1), (1, 9)])) == [1])
    }

    @Test("a revoke that overtakes an unanswered assignment voids the answer to it")
    func revokeOvertakes() {
        var grant = GroupGrant()
        grant.arrived(.assigned([0, 1]), isCooperative: true)
        grant.arrived(.revoked([0, 1], lost: true), isCooperative: true)
        #expect(grant.answerAssign([(0, 1)]) == nil)
        #expect(grant.answerRevoke(isCooperative: true) == [0, 1])
        #expect(grant.owned.isEmpty)
        #expect(grant.answerRevoke(isCooperative: true) == nil)
    }

    @Test("a cooperative rebalance changes only what it names, an eager one everything")
    func protocols() {
        var grant = GroupGrant()
        grant.arrived(.assigned([0, 1, 2]), isCooperative: true)
        _ = grant.answerAssign([])
        grant.arrived(.assigned([5]), isCooperative: true)
        _ = grant.answerAssign([])
        grant.arrived(.revoked([1], lost: false), isCooperative: true)
        #expect(grant.answerRevoke(isCooperative: true) == [1])
        #expect(grant.owned == [0, 2, 5])
        grant.arrived(.revoked([0], lost: false), isCooperative: false)
        #expect(grant.answerRevoke(isCooperative: false) == [0, 2, 5])
        #expect(grant.owned.isEmpty)
    }
}
