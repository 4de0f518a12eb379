import Foundation
import HuntCore
import Reactor
import Testing

extension ServiceTests {
    @Suite("A clue drop")
    struct ClueDrop {
        @Test("everybody scans one tag within 20 s, and every score is exact", .timeLimit(.minutes(3)))
        @Reactor
        func everybodyCounts() async throws {
            let hunt = SampleHunts().harbour
            try await withSite(partitions: 4, hunts: [hunt]) { site in
                try await site.startWorkers()
                let players = 3_000
                let (status, output) = try await site.cairn(
                    [
                        "simulate", "--profile", "drop", "--players", "\(players)", "--rate", "200", "--seconds", "25",
                        "--from-now",
                    ])
                phase("simulated: \(output)")
                #expect(status == 0, "\(output)")
                let produced = players + 200 * 25
                #expect(output.contains("produced \(produced), acknowledged \(produced), failed 0"), "\(output)")
                let firsts = output.split(separator: "first scans ").last?.prefix { $0.isNumber }
                let expected = Int64(firsts ?? "") ?? -1
                let isDone = await eventually(within: 30) {
                    let sums = try await site.query(
                        "select sum(next_offset)::bigint, sum(first_scans)::bigint from cairn.partition_lease")
                    return sums.int64(0, 0) == Int64(produced) && sums.int64(0, 1) == expected
                }
                let leases = try await site.leaseLines()
                #expect(isDone, "\(leases), expected \(expected) first scans")
                let facts = try await site.query(
                    """
                    select count(*)::bigint from cairn.first_scan join cairn.checkpoint c using (hunt_id, checkpoint_id)
                    where c.slug = '\(hunt.checkpoints[0].id)'
                    """)
                #expect(facts.int64(0, 0) == Int64(players))
                let verified = try await site.cairn(["verify", hunt.slug])
                #expect(verified.status == 0, "\(verified.output)")
            }
        }
    }
}
