/// A page in Prometheus' text format 0.0.4: families with their help and type, each once.
public struct MetricsPage {
    /// The value of the header `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public private(set) var text = ""

    public init() {}

    public mutating func counter(_ name: String, _ help: String, _ value: Int) {
        family(name, help, "counter")
        sample(name, "", "\(value)")
    }

    public mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        family(name, help, "gauge")
        sample(name, "", "\(value)")
    }

    /// One family with a label; `samples` are (label's value, value).
    public mutating func labelled(
        _ kind: String, _ name: String, _ help: String, label: String, _ samples: [(String, Int)]
    ) {
        self.samples(kind, name, help, samples.map { ("\(label)=\"\($0.0)\"", $0.1) })
    }

    /// One family with any labels, written as `name="value"` with commas between them.
    public mutating func samples(
        _ kind: String, _ name: String, _ help: String, _ samples: [(labels: String, value: Int)]
    ) {
        family(name, help, kind)
        for (labels, value) in samples { sample(name, "{\(labels)}", "\(value)") }
    }

    public mutating func histogram(_ name: String, _ help: String, _ samples: [(labels: String, Histogram)]) {
        family(name, help, "histogram")
        for (labels, histogram) in samples {
            let prefix = labels.isEmpty ? "" : labels + ","
            var total = 0
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                total += count
                sample(name + "_bucket", "{\(prefix)le=\"\(bound)\"}", "\(total)")
            }
            sample(name + "_bucket", "{\(prefix)le=\"+Inf\"}", "\(histogram.count)")
            let braces = labels.isEmpty ? "" : "{\(labels)}"
            sample(name + "_sum", braces, "\(histogram.sum)")
            sample(name + "_count", braces, "\(histogram.count)")
        }
    }

    private mutating func family(_ name: String, _ help: String, _ kind: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    private mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += "\(name)\(labels) \(value)\n"
    }
}
