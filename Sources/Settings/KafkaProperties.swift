/// Which of librdkafka's settings an operator may set.
enum KafkaProperties {
    /// Names that cairn keeps for itself, librdkafka's other names for the same things included, and why.
    ///
    /// - Source: contracts.md section 7; librdkafka's CONFIGURATION.md for the aliases.
    static let owned: [String: String] = [
        "enable.auto.commit": position,
        "auto.commit.enable": position,
        "enable.auto.offset.store": position,
        "auto.offset.reset":
            "a partition whose position is gone must stop until `cairn lease skip` or `cairn lease reset`",
        "group.id": "leases are kept by group; set kafka.group instead",
        "isolation.level": "a scan of an aborted transaction must never score",
        "bootstrap.servers": brokers,
        "metadata.broker.list": brokers,
    ]
    private static let position = "the position is committed with the scores, in Postgres"
    private static let brokers = "two lists of brokers would contradict each other; set kafka.brokers instead"

    /// Why this property cannot be set, or nil when librdkafka may judge it.
    static func reasonAgainst(_ name: String) -> String? {
        if let reason = owned[name.lowercased()] { return "belongs to cairn, take it out: \(reason)" }
        let isName =
            (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
        return isName ? nil : "is no name of a librdkafka setting"
    }
}
