/// Which values a setting takes.
public enum SettingKind: Sendable, Equatable {
    /// Printable text without white space at its ends, `1 ... bytesMax` bytes of UTF-8.
    case text(bytesMax: Int)
    /// The name of a Kafka topic.
    case topic
    /// A URL that starts with one of these and `://`.
    case url(schemes: [String])
    /// A list of URLs, possibly empty.
    case urls(schemes: [String], countMax: Int)
    /// A map from names of librdkafka's settings to their values.
    case properties
    /// A count.
    case integer(ClosedRange<Int64>)
    /// Milliseconds.
    case duration(ClosedRange<Int64>)
    /// Bytes.
    case size(ClosedRange<Int64>)
    /// Percent, whole.
    case percent(ClosedRange<Int64>)
    /// `true` or `false`.
    case boolean
    /// `host:port`.
    case listen
    /// One of these words.
    case choice([String])

    /// What a value is, in a few words.
    public var type: String {
        switch self {
        case .text: "text"
        case .topic: "topic name"
        case .url: "URL"
        case .urls: "list of URLs"
        case .properties: "map of text"
        case .integer: "whole number"
        case .duration: "duration"
        case .size: "size"
        case .percent: "percentage"
        case .boolean: "true or false"
        case .listen: "host:port"
        case .choice: "choice"
        }
    }

    /// The units one of which a value must carry; nil where it has none.
    public var unit: String? {
        switch self {
        case .duration: "ms, s, m, h, d"
        case .size: "B, KiB, MiB, GiB"
        case .percent: "%"
        default: nil
        }
    }

    /// The values allowed, as a reader would write them.
    public var bounds: String {
        switch self {
        case .text(let bytesMax): "1 ... \(bytesMax) bytes"
        case .topic: "1 ... \(Self.topicBytesMax) of A-Z a-z 0-9 . _ -"
        case .url(let schemes): schemes.map { $0 + "://" }.joined(separator: ", ")
        case .urls(let schemes, let countMax):
            "0 ... \(countMax) of " + schemes.map { $0 + "://" }.joined(separator: ", ")
        case .properties: "any librdkafka setting but cairn's own"
        case .integer(let range), .duration(let range), .size(let range), .percent(let range):
            "\(written(range.lowerBound)) ... \(written(range.upperBound))"
        case .boolean: "true, false"
        case .listen: "port 0 ... 65535, 0 is any free one"
        case .choice(let names): names.joined(separator: ", ")
        }
    }

    /// Bytes of a topic's name. Source: Apache Kafka, `Topic.MAX_NAME_LENGTH`.
    static let topicBytesMax = 249

    /// Units of durations, in milliseconds, and of sizes, in bytes; the larger last.
    var scales: [(unit: String, factor: Int64)] {
        switch self {
        case .duration: [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        case .size: [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        case .percent: [("%", 1)]
        default: []
        }
    }

    /// A number in the largest unit that holds it exactly.
    func written(_ number: Int64) -> String {
        let scale = number == 0 ? scales.first : scales.last { number % $0.factor == 0 }
        guard let scale else { return String(number) }
        return String(number / scale.factor) + scale.unit
    }
}
