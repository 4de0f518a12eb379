import Benchmark

@testable import FlowCore

/// From a player's id to its state among 100,000.
func addStateBenchmarks() {
    Benchmark("look up states") { (benchmark: Benchmark, table: PlayerTable) in
        let players = SampleScans.keys
        benchmark.startMeasurement()
        for player in players {
            let slot = player.withUnsafeBytes { table.slot(of: PlayerKey(huntID: 1, player: $0), home: 0) }
            table.touch(slot)
            blackHole(table.state(slot).pointee.version)
        }
        benchmark.stopMeasurement()
    } setup: {
        let table = PlayerTable(bytesMax: 256 << 20, seed: 1)
        for number in 0..<100_000 {
            _ = Array("player-\(number)".utf8).withUnsafeBytes { player in
                table.slot(of: PlayerKey(huntID: 1, player: player), home: 0)
            }
        }
        return table
    }
}
