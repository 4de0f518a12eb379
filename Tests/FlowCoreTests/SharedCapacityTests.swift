import Testing

@testable import FlowCore
@testable import Simulation

@Suite("lanes share what a worker may hold together")
struct SharedCapacityTests {
    /// A lane of its own ring holds 10 scans and stops at 8.
    private func limits(shared: Int, maxRecords: Int = 10) -> FlowLimits {
        var limits = FlowLimits()
        limits.ringCapacity = 10
        limits.stopAt = 8
        limits.resumeAt = 5
        limits.maxRecords = maxRecords
        limits.sharedCapacity = shared
        return limits
    }

    @Test(
        "few lanes hold more than their ring, many no less", arguments: [(1, 40), (2, 20), (3, 13), (4, 10), (9, 10)])
    func parts(_ lanes: Int, _ capacity: Int) {
        let lane = limits(shared: 40).lane(among: lanes)
        #expect(lane.capacity == capacity)
        #expect(lane.maxRecords == capacity)
        #expect(lane.stopAt == 8 * capacity / 10)
        #expect(lane.resumeAt == 5 * capacity / 10)
    }

    @Test("no lane holds more than a lane may, and nothing is shared where nothing is to be")
    func extremes() {
        #expect(limits(shared: .max).lane(among: 1).capacity == 65_536)
        #expect(limits(shared: 0).lane(among: 1).capacity == 10)
        #expect(limits(shared: 5).lane(among: 0).capacity == 10)
    }

    @Test("a batch smaller than the ring is what somebody chose")
    func smallBatch() {
        #expect(limits(shared: 40, maxRecords: 9).lane(among: 1).maxRecords == 9)
    }

    @Test("a lane alone fills all of it, in its ring and in its batch")
    func alone() {
        let stage = Stage(partitions: 1) { $0 = limits(shared: 40) }
        stage.worker.ledger.hold()
        for player in 0..<100 { stage.scan("p\(player)", [1]) }
        stage.run(20)
        #expect(stage.worker.source.polled == 80)
        #expect(stage.worker.engine.laneReports[0].waiting == 40)
        stage.worker.ledger.release()
        #expect(stage.end() == [])
    }

    @Test("a lane that gets company keeps to its smaller part once what it holds is used up")
    func company() {
        let limits = limits(shared: 40)
        let lane = Lane(partition: 0, limits: limits.lane(among: 1), seed: 1)
        lane.status = .active
        #expect(lane.room() == 40)
        for offset: Int64 in 0..<40 {
            lane.filling.append(refused: .malformed, detail: "test", value: nil, offset: offset, receivedAt: -1)
        }
        lane.limits = limits.lane(among: 2)
        #expect(lane.room() == 0)
        lane.advance()
        lane.consume(21)
        #expect(lane.room() == 0, "19 are more than the stop mark of 16")
        lane.consume(10)
        #expect(lane.room() == 11)
    }
}
