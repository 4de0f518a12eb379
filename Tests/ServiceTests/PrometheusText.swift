/// A page of metrics, read strictly.
///
/// - Source: Prometheus, "Exposition formats", text format 0.0.4.
struct PrometheusText {
    /// Family to its type.
    private(set) var kinds: [String: String] = [:]
    /// Name and labels to the value.
    private(set) var samples: [String: Double] = [:]
    private(set) var faults: [String] = []

    init(_ text: String) {
        if !text.hasSuffix("\n") { faults.append("the last line does not end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") { readKind(line) } else { readSample(line) }
        }
        checkBuckets()
    }

    private mutating func readKind(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        let isKnown = words.count == 4 && ["counter", "gauge", "histogram", "summary", "untyped"].contains(words[3])
        guard isKnown else { return faults.append(line) }
        if kinds.updateValue(words[3], forKey: words[2]) != nil { faults.append("twice: \(line)") }
    }

    private mutating func readSample(_ line: String) {
        let sample = #/([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)/#
        guard let match = line.wholeMatch(of: sample), let value = Double(match.3)
        else { return faults.append(line) }
        if let labels = match.2 {
            let pair = #/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*"/#
            let rest = String(labels.dropFirst().dropLast()).replacing(pair, with: "x").split(separator: ",")
            if rest.contains(where: { $0 != "x" }) { faults.append(line) }
        }
        let name = String(match.1)
        let family = ["_bucket", "_sum", "_count"].first(where: name.hasSuffix).map { String(name.dropLast($0.count)) }
        let isHistogram = family.map { kinds[$0] == "histogram" } ?? false
        if !isHistogram && kinds[name] == nil { faults.append("no type: \(line)") }
        if samples.updateValue(value, forKey: name + (match.2.map(String.init) ?? "")) != nil {
            faults.append("twice: \(line)")
        }
    }

    /// The bucket without an upper bound holds everything.
    private mutating func checkBuckets() {
        for (name, value) in samples where name.contains("le=\"+Inf\"") {
            let count = name.replacing("_bucket{", with: "_count{").replacing(",le=\"+Inf\"", with: "")
                .replacing("{le=\"+Inf\"}", with: "")
            if samples[count] != value { faults.append("\(name) is not \(count)") }
        }
    }
}
