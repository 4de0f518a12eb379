import Foundation
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("Workers come and go")
    struct Fleet {
        @Test(
            "three workers share the partitions, one joins and one leaves, and every score is exact",
            .timeLimit(.minutes(3)))
        @Reactor
        func joinAndLeave() async throws {
            try await withSite(partitions: 7) { site in
                let first = try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 2)
                load.start(perSecond: 5_000)
                phase("fleet: two workers under load")
                #expect(await eventually(within: 30, { try await site.owners().count == 2 }))
                try await site.startWorkers(1)
                #expect(await eventually(within: 30, { try await site.owners().count == 3 }))
                phase("fleet: the third has joined")
                let (status, tookMs) = await first[0].stop()
                phase("fleet: one left in \(tookMs) ms with status \(status)")
                #expect(status == 0)
                #expect(tookMs < 5_000 * patience)
                #expect(await eventually(within: 30, { try await site.owners().count == 2 }))
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }
    }
}

extension Site {
    /// Who holds leases.
    func owners() async throws -> Set<String> {
        let rows = try await query("select distinct owner from cairn.partition_lease")
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }
}
