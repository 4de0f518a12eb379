import Benchmark
import HuntCore
import ScanWire

/// Bytes to scans, by format of the value.
func addDecodeBenchmarks() {
    Benchmark("decode JSON") { benchmark in
        let values = SampleScans.values(checkpoint: 0)
        let keys = SampleScans.keys
        var decoder = ScanDecoder()
        var scan = ScanView()
        benchmark.startMeasurement()
        for (key, value) in zip(keys, values) {
            let refusal = key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    decoder.decode(value: value, key: key, receivedAt: SampleScans.opensAt, into: &scan)
                }
            }
            precondition(refusal == nil, "a sample scan was refused")
            blackHole(scan.scannedAt)
        }
        benchmark.stopMeasurement()
    }
}
