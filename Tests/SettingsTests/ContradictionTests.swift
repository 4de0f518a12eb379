import Testing

@testable import Settings

@Suite("impossible combinations") struct ContradictionTests {
    @Test(
        "values that contradict each other are named together, where somebody chose them",
        arguments: [
            (
                ["lanes.resume_at=80%"],
                "--set: lanes.resume_at: must be below lanes.stop_at, or a full lane would never be polled again "
                    + "(lanes.stop_at is 80%, built in)"
            ),
            (
                ["lanes.stop_at=50%"],
                "--set: lanes.stop_at: contradicts lanes.resume_at, which must be below lanes.stop_at, or a full lane "
                    + "would never be polled again (lanes.resume_at is 50%, built in)"
            ),
            (
                ["lanes.ring_capacity=1000"],
                "--set: lanes.ring_capacity: contradicts flush.max_records, which must not exceed lanes.ring_capacity: "
                    + "a batch is taken from one lane (flush.max_records is 4096, built in)"
            ),
            (
                ["postgres.pool.max=10", "postgres.pool.min_idle=11"],
                "--set: postgres.pool.min_idle: must not exceed postgres.pool.max (postgres.pool.max is 10, --set)"
            ),
            (
                ["postgres.pool.max=5", "flush.concurrent=4"],
                "--set: postgres.pool.max: must be flush.concurrent + 2 or more: leases and loading need connections "
                    + "beside the flushes (flush.concurrent is 4, --set)"
            ),
            (
                ["redis.score_ttl=1s", "redis.call_timeout=1000ms"],
                "--set: redis.call_timeout: must be below redis.score_ttl, or a score would expire while it is written "
                    + "(redis.score_ttl is 1s, --set)"
            ),
            (
                ["kafka.topic=scores"],
                "--set: kafka.topic: contradicts kafka.scores_topic, which must differ from kafka.topic, or cairn "
                    + "would read its own scores as scans (kafka.scores_topic is scores, built in)"
            ),
            (
                ["metrics.listen=127.0.0.1:8080"],
                "--set: metrics.listen: must differ from http.listen, unless the port is 0 "
                    + "(http.listen is 127.0.0.1:8080, built in)"
            ),
        ])
    func named(overrides: [String], message: String) throws {
        #expect(try faults(overrides: overrides) == [message])
    }

    @Test(
        "what just fits is taken",
        arguments: [
            ["lanes.resume_at=79%"], ["lanes.ring_capacity=100", "flush.max_records=100"],
            ["postgres.pool.max=4"], ["postgres.pool.max=3", "flush.concurrent=1"],
            ["postgres.pool.min_idle=100"], ["redis.score_ttl=1s", "redis.call_timeout=999ms"],
            ["http.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0"], ["http.listen=0.0.0.0:9464"],
        ])
    func fits(overrides: [String]) throws {
        #expect(try faults(overrides: overrides) == [])
    }

    @Test("nothing is concluded from a value that is wrong by itself")
    func faultyAlone() throws {
        #expect(try faults(overrides: ["lanes.resume_at=90%", "lanes.stop_at=95"]).count == 1)
    }

    @Test("different percentages are different numbers of scans in every lane allowed")
    func percentagesDiffer() throws {
        let row = try #require(Settings.table.first { $0.name == "lanes.ring_capacity" })
        guard case .integer(let range) = row.kind else {
            Issue.record("not a number")
            return
        }
        for percent in 0..<Int64(100) {
            let scans = (percent...percent + 1).map { (range.lowerBound * $0 + 99) / 100 }
            #expect(scans[0] < scans[1])
        }
    }
}
