import Benchmark
import HuntCore
import ScanWire

/// Bytes to scans, by format of the value.
func addDecodeBenchmarks() {
    Benchmark("decode JSON") { decode(SampleScans.values(checkpoint: 0), as: .json, $0) }
    Benchmark("decode Protobuf") { decode(SampleScans.values(checkpoint: 0, as: .protobuf), as: .protobuf, $0) }
}

private func decode(_ values: [[UInt8]], as encoding: ScanEncoding, _ benchmark: Benchmark) {
    let keys = SampleScans.keys
    var decoder = ScanDecoder()
    var scan = ScanView()
    benchmark.startMeasurement()
    for (key, value) in zip(keys, values) {
        let refusal = key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                decoder.decode(value: value, as: encoding, key: key, receivedAt: SampleScans.opensAt, into: &scan)
            }
        }
        precondition(refusal == nil, "a sample scan was refused")
        blackHole(scan.scannedAt)
    }
    benchmark.stopMeasurement()
}
