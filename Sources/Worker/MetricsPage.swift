/// A page in Prometheus' text format 0.0.4: families with their help and type, each once.
struct MetricsPage {
    private(set) var text = ""

    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        family(name, help, "counter")
        sample(name, "", "\(value)")
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        family(name, help, "gauge")
        sample(name, "", "\(value)")
    }

    /// One family with a label; `samples` are (label's value, value).
    mutating func labelled(
        _ kind: String, _ name: String, _ help: String, label: String, _ samples: [(String, Int)]
    ) {
        family(name, help, kind)
        for (value, count) in samples { sample(name, "{\(label)=\"\(value)\"}", "\(count)") }
    }

    mutating func histogram(_ name: String, _ help: String, _ samples: [(labels: String, Histogram)]) {
        family(name, help, "histogram")
        for (labels, histogram) in samples {
            let prefix = labels.isEmpty ? "" : labels + ","
            var total = 0
            for (bound, count) in zip(Histogram.bounds, histogram.counts) {
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
