import Benchmark
import FlowCore

/// Decided batches: claim, score and finish, without decoding and without a database.
func addScoreBenchmarks() {
    Benchmark("score repeats") { benchmark, values in
        let batch = SampleBatch()
        batch.fill(values)
        _ = batch.finish(batch.decide())
        batch.fill(values)
        benchmark.startMeasurement()
        let call = batch.decide()
        let changes = batch.finish(call)
        benchmark.stopMeasurement()
        precondition(changes == 0 && call.facts.isEmpty, "a repeat changed something")
    } setup: {
        SampleScans.values(checkpoint: 0)
    }

    Benchmark("score first scans") { benchmark, values in
        let batch = SampleBatch()
        batch.fill(values.known)
        _ = batch.finish(batch.decide())
        batch.fill(values.new)
        benchmark.startMeasurement()
        let call = batch.decide()
        let changes = batch.finish(call)
        benchmark.stopMeasurement()
        precondition(changes == SampleScans.batch, "a first scan changed nothing")
    } setup: {
        (known: SampleScans.values(checkpoint: 0), new: SampleScans.values(checkpoint: 1))
    }
}
