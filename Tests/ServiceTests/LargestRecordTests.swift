import Foundation
import HuntCore
import Reactor
import Testing

extension ServiceTests {
    @Suite("The largest record")
    struct LargestRecord {
        @Test("the largest record that the broker takes is refused as oversized", .timeLimit(.minutes(3)))
        @Reactor
        func largest() async throws {
            try await withSite(partitions: 1) { site in
                try await site.startWorkers()
                var sizes = [15 << 20, 4 << 20, 1 << 20, 512 << 10]
                while let size = sizes.first {
                    let load = try ScanLoad(
                        site, seed: 9,
                        properties: ["message.max.bytes": "\(16 << 20)", "queue.buffering.max.kbytes": "\(1 << 20)"])
                    load.send(
                        ProducedRecord(
                            content: .poison([UInt8](repeating: 0x20, count: size), .oversized), key: "player-1",
                            receivedAt: Clock.epochMs()))
                    do {
                        try await load.stop()
                    } catch {
                        phase("a record of \(size) bytes: \(error)")
                        await load.close()
                        sizes.removeFirst()
                        continue
                    }
                    await load.burst(500)
                    try await load.stop()
                    phase("a record of \(size) bytes: taken by the broker")
                    try await site.expectExact(load)
                    await load.close()
                    return
                }
                throw ServiceFailure("the broker takes no large record")
            }
        }
    }
}
