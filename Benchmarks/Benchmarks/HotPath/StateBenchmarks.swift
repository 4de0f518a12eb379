import Benchmark

@testable import FlowCore

/// From a player's id to its state among 100,000.
func addStateBenchmarks() {
    Benchmark("look up states") { (benchmark: Benchmark, table: PlayerTable) in
        let players = SampleScans.keys
        benchmark.startMeasurement()
        for player in players {
            let slot = player.withUnsafeBytes { table.slot(ofPlayer: $0) }
            blackHole(table.state(slot).pointee.version)
        }
        benchmark.stopMeasurement()
    } setup: {
        let table = PlayerTable(bytesMax: 256 << 20, seed: 1)
        for number in 0..<100_000 {
            _ = Array("player-\(number)".utf8).withUnsafeBytes { table.slot(ofPlayer: $0) }
        }
        return table
    }
}

extension PlayerTable {
    /// As a batch finds it, but for the memory that a batch fetches ahead.
    fileprivate func slot(ofPlayer player: UnsafeRawBufferPointer) -> UInt32 {
        let key = PlayerKey(huntID: 1, player: player)
        let hash = hash(of: key)
        return slot(of: key, hash: hash, likely: likelySlot(of: hash), home: 0)
    }
}
