import Benchmark
import FlowCore
import PostgresClient

@testable import Storage

/// The parameters of `cairn.flush` for a batch in which every scan is a first one.
func addFlushBenchmarks() {
    Benchmark("encode flush") { (benchmark: Benchmark, sample: FlushSample) in
        sample.parameters.removeAll()
        benchmark.startMeasurement()
        sample.parameters.append(sample.call, topic: "scans", group: "cairn")
        benchmark.stopMeasurement()
        precondition(sample.parameters.count == 37, "cairn.flush has 37 parameters")
    } setup: {
        FlushSample()
    }
}

private struct FlushSample {
    /// Its segment holds the events, so it lives as long as the call.
    let batch = SampleBatch()
    let call: FlushCall
    let parameters = PostgresParameters(capacity: 1 << 20)

    init() {
        batch.fill(SampleScans.values(checkpoint: 0))
        call = batch.decide()
    }
}
