import Testing

@testable import Settings

@Suite("kinds of values") struct SettingKindTests {
    @Test(
        "durations and sizes become milliseconds and bytes",
        arguments: [
            (SettingKind.duration(0...Int64.max), "0ms", Int64(0)), (.duration(0...Int64.max), "5ms", 5),
            (.duration(0...Int64.max), "2s", 2000), (.duration(0...Int64.max), "30m", 1_800_000),
            (.duration(0...Int64.max), "6h", 21_600_000), (.duration(0...Int64.max), "30d", 2_592_000_000),
            (.size(0...Int64.max), "7B", 7), (.size(0...Int64.max), "4KiB", 4096),
            (.size(0...Int64.max), "4MiB", 4_194_304),
            (.size(0...Int64.max), "3GiB", 3_221_225_472), (.percent(0...100), "80%", 80), (.integer(0...10), "007", 7),
        ])
    func numbers(kind: SettingKind, text: String, number: Int64) throws {
        #expect(try kind.value(text, example: "") == .number(number))
    }

    @Test("a number is written in the largest unit that holds it exactly")
    func written() {
        let duration = SettingKind.duration(0...0)
        #expect(
            [0, 1, 1000, 1500, 90_000, 86_400_000].map(duration.written) == ["0ms", "1ms", "1s", "1500ms", "90s", "1d"])
        let size = SettingKind.size(0...0)
        #expect([0, 1, 1024, 1 << 20, 3 << 29].map(size.written) == ["0B", "1B", "1KiB", "1MiB", "1536MiB"])
        #expect(SettingKind.percent(0...0).written(5) == "5%")
        #expect(SettingKind.integer(0...0).written(4096) == "4096")
    }

    @Test(
        "anything else is no number with a unit",
        arguments: [
            "", "s", "ms", "-1s", "+1s", " 1s", "1 s", "1s ", "1S", "1_000s", "0x1s", "1e3s", "١s",
            "99999999999999999999s",
        ])
    func noDuration(text: String) {
        #expect(throws: Misfit.self) { try SettingKind.duration(0...Int64.max - 1).value(text, example: "") }
    }

    @Test(
        "an address is host:port, in brackets for IPv6",
        arguments: [
            ("127.0.0.1:8080", ListenAddress(host: "127.0.0.1", port: 8080)),
            ("localhost:0", ListenAddress(host: "localhost", port: 0)),
            ("[::1]:65535", ListenAddress(host: "::1", port: 65_535)),
            ("[fe80::1%eth0]:1", ListenAddress(host: "fe80::1%eth0", port: 1)),
            ("", nil), (":80", nil), ("80", nil), ("host", nil), ("host:", nil), ("host:-1", nil), ("host:+1", nil),
            ("::1:80", nil),
            ("[::1]", nil), ("[]:80", nil), ("[host]:80", nil), ("a b:80", nil), ("http://h:80", nil), ("h:65536", nil),
            ("h:000080", nil),
        ] as [(String, ListenAddress?)])
    func address(text: String, address: ListenAddress?) {
        #expect(ListenAddress(text) == address)
        if let address { #expect(ListenAddress(address.description) == address) }
    }

    @Test(
        "a misspelt name finds the one that was meant",
        arguments: [
            ("kafka.broker", "kafka.brokers"), ("kakfa.brokers", "kafka.brokers"), ("lanes.stopat", "lanes.stop_at"),
            ("Redis.URL", "redis.url"), ("min_idle", "postgres.pool.min_idle"), ("pool.max", "postgres.pool.max"),
            ("zzzzzzzz", nil), ("", nil),
        ] as [(String, String?)])
    func nearest(name: String, meant: String?) {
        #expect(nearestName(to: name, among: Settings.table.map(\.name)) == meant)
    }
}
