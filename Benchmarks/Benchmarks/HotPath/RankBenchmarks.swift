import Benchmark
import HuntCore
import OrderIndex

/// A million players in order: loading them, and then a thousand moves, ranks and pages at a time.
func addRankBenchmarks() {
    Benchmark(
        "load a million players",
        configuration: .init(timeUnits: .milliseconds, warmupIterations: 1, maxDuration: .seconds(10), maxIterations: 8)
    ) { (benchmark: Benchmark, crowd: SampleCrowd) in
        benchmark.startMeasurement()
        let index = crowd.loaded()
        benchmark.stopMeasurement()
        blackHole(index.count)
    } setup: {
        SampleCrowd()
    }

    Benchmark("move players") { (benchmark: Benchmark, crowd: RankedCrowd) in
        let moves = crowd.nextMoves()
        benchmark.startMeasurement()
        for move in moves { blackHole(crowd.index.apply(move)) }
        benchmark.stopMeasurement()
    } setup: {
        RankedCrowd()
    }

    Benchmark("rank players") { (benchmark: Benchmark, crowd: RankedCrowd) in
        let players = crowd.nextPlayers()
        benchmark.startMeasurement()
        for player in players { blackHole(crowd.index.rank(of: player, by: .firstToReach)) }
        benchmark.stopMeasurement()
    } setup: {
        RankedCrowd()
    }

    Benchmark("rank players who all tie") { (benchmark: Benchmark, crowd: RankedCrowd) in
        let players = crowd.nextPlayers()
        benchmark.startMeasurement()
        for player in players { blackHole(crowd.index.rank(of: player, by: .firstToReach)) }
        benchmark.stopMeasurement()
    } setup: {
        RankedCrowd(SampleCrowd(isTied: true))
    }

    Benchmark("players with five neighbours on each side") { (benchmark: Benchmark, crowd: RankedCrowd) in
        let players = crowd.nextPlayers()
        benchmark.startMeasurement()
        for player in players { blackHole(crowd.index.around(player, radius: 5, by: .firstToReach)) }
        benchmark.stopMeasurement()
    } setup: {
        RankedCrowd()
    }
}
