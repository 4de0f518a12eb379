import Testing

@testable import KafkaClient

@Suite("Kafka settings")
struct KafkaSettingsTests {
    private func settings(_ properties: [String: String]) -> KafkaSettings {
        KafkaSettings(brokers: "127.0.0.1:1", properties: properties)
    }

    private func effective(_ properties: KafkaSettings.Properties, _ name: String) -> String? {
        properties.last { $0.name == name }?.value
    }

    @Test(
        "cairn's own settings are refused with a reason, whatever their value",
        arguments: KafkaSettings.ownedReasons.keys)
    func ownedSettings(name: String) {
        let error = #expect(throws: KafkaError.self) {
            try settings([name: "false"]).consumerProperties(group: "g")
        }
        #expect(error?.description.contains("Kafka property \(name): is cairn's own") == true)
        #expect(error?.description.contains("\n") == false)
        #expect(throws: KafkaError.self) { try settings([name: "false"]).producerProperties() }
    }

    @Test("a user's value wins over cairn's default, and the promises stay as they are")
    func precedence() throws {
        let properties = try settings(["session.timeout.ms": "45000", "fetch.wait.max.ms": "3"])
            .consumerProperties(group: "hunters")
        #expect(effective(properties, "session.timeout.ms") == "45000")
        #expect(effective(properties, "fetch.wait.max.ms") == "3")
        #expect(effective(properties, "group.id") == "hunters")
        #expect(effective(properties, "auto.offset.reset") == "error")
        #expect(effective(properties, "enable.auto.commit") == "false")
        #expect(effective(properties, "log.queue") == "true")
    }

    @Test("prefetch memory is divided among the partitions")
    func prefetch() throws {
        var settings = settings([:])
        settings.prefetchBytesMax = 64 << 20
        settings.partitionsExpected = 8
        #expect(effective(try settings.consumerProperties(group: "g"), "queued.max.messages.kbytes") == "8192")
        settings.partitionsExpected = 1_000_000
        #expect(effective(try settings.consumerProperties(group: "g"), "queued.max.messages.kbytes") == "1")
    }

    @Test("what a fetch brings is divided among the partitions, and never less than librdkafka demands")
    func fetchSize() async throws {
        var settings = settings([:])
        settings.partitionsExpected = 8
        #expect(effective(try settings.consumerProperties(group: "g"), "fetch.message.max.bytes") == "131072")
        #expect(effective(try settings.consumerProperties(group: "g"), "fetch.max.bytes") == "1048576")
        settings.properties["message.max.bytes"] = "20000000"
        #expect(effective(try settings.consumerProperties(group: "g"), "fetch.max.bytes") == "20000000")
        try await KafkaConsumer(settings, group: "g", topic: "t").close()
    }

    @Test("what waits in a producer is bounded")
    func produced() throws {
        var settings = settings([:])
        #expect(effective(try settings.producerProperties(), "queue.buffering.max.messages") == "100000")
        settings.producedMax = 7
        #expect(effective(try settings.producerProperties(), "queue.buffering.max.messages") == "7")
    }

    @Test("the newer group protocol is left its own session timeout")
    func newerProtocol() throws {
        let properties = try settings(["group.protocol": "consumer"]).consumerProperties(group: "g")
        #expect(effective(properties, "session.timeout.ms") == nil)
    }

    @Test("an unknown setting and an impossible value are named")
    func unknownSetting() async {
        await #expect(
            throws: KafkaError.invalidProperty(
                name: "no.such.thing", reason: "No such configuration property: \"no.such.thing\"")
        ) { _ = try await KafkaConsumer(settings(["no.such.thing": "1"]), group: "g", topic: "t") }
        let error = await #expect(throws: KafkaError.self) {
            _ = try await KafkaProducer(settings(["linger.ms": "soon"]))
        }
        #expect(error?.description.contains("linger.ms") == true)
        await #expect(throws: KafkaError.self) {
            _ = try await KafkaConsumer(
                settings(["session.timeout.ms": "9000", "max.poll.interval.ms": "8000"]), group: "g", topic: "t")
        }
    }

    @Test("an old library is one line that names the remedy; the loaded one will do")
    func libraryVersion() throws {
        let error = #expect(throws: KafkaError.self) { try KafkaLibrary.check(version: 0x0200_02ff, named: "2.0.2") }
        #expect(error == .libraryTooOld(found: "2.0.2"))
        #expect(error?.description.contains("librdkafka 2.2 or newer") == true)
        #expect(error?.description.contains("make setup") == true)
        try KafkaLibrary.check(version: 0x0202_00ff, named: "2.2.0")
        try KafkaLibrary.check()
        #expect(!KafkaLibrary.version.isEmpty)
    }
}
