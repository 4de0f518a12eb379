import CRdkafka

/// The librdkafka that this process was loaded with.
public enum KafkaLibrary {
    /// Below 2.2 librdkafka mis-skips tagged fields ("Read underflow" in ApiVersions) and then retries for ever.
    static let oldestUsable: Int32 = 0x0202_00ff

    /// Version of the loaded library, such as `2.16.0`.
    public static var version: String { String(cString: rd_kafka_version_str()) }

    /// Call once at start, so that an old library is one clear line instead of a hang.
    ///
    /// - Throws: `KafkaError.libraryTooOld`.
    public static func check() throws(KafkaError) {
        try check(version: rd_kafka_version(), named: version)
    }

    static func check(version: Int32, named name: String) throws(KafkaError) {
        if version < oldestUsable { throw .libraryTooOld(found: name) }
    }
}
