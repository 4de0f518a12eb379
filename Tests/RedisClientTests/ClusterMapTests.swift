import Testing

@testable import RedisClient

@Suite struct ClusterMapTests {
    private func slot(_ key: String) -> Int { Array(key.utf8).withUnsafeBytes { hashSlot($0) } }

    @Test("CRC-16 is the XMODEM variant")
    func checkValue() {
        #expect(Array("123456789".utf8).withUnsafeBytes { crc16($0) } == 0x31C3)
        #expect(crc16(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test(
        "only a hash tag that is not empty decides the slot",
        arguments: [
            ("{user1000}.following", "user1000"), ("foo{}{bar}", "foo{}{bar}"), ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"), ("foo{bar", "foo{bar"), ("}a{b}", "b"), ("", ""),
        ])
    func tags(_ key: String, _ hashed: String) {
        #expect(slot(key) == Int(Array(hashed.utf8).withUnsafeBytes { crc16($0) }) % 16_384)
    }

    @Test("a known key has its known slot")
    func knownSlot() {
        #expect(slot("foo") == 12_182)
        #expect(slot("somekey") == 11_058)
    }

    private func range(_ first: Int64, _ last: Int64, _ host: RedisReply, _ port: Int64) -> RedisReply {
        .array([.integer(first), .integer(last), .array([host, .integer(port), .bulk(Array("id".utf8))])])
    }

    @Test("the answer to CLUSTER SLOTS gives each slot its master; a missing host is the one asked")
    func slots() throws {
        let asked = Server(host: "seed", port: 1)
        let reply = RedisReply.array([
            range(0, 99, .bulk(Array("a".utf8)), 7000), range(200, 16_383, .null, 7001),
            range(100, 150, .bulk(Array("a".utf8)), 7000),
        ])
        let map = try #require(ClusterMap(reply, askedAt: asked))
        #expect(map.servers == [Server(host: "a", port: 7000), Server(host: "seed", port: 7001)])
        #expect(map.server(ofSlot: 0) == Server(host: "a", port: 7000))
        #expect(map.server(ofSlot: 150) == Server(host: "a", port: 7000))
        #expect(map.server(ofSlot: 151) == nil)
        #expect(map.server(ofSlot: 16_383) == Server(host: "seed", port: 7001))
    }

    @Test("an answer of another shape is no map")
    func wrongShapes() {
        let asked = Server(host: "seed", port: 1)
        let a = RedisReply.bulk([97])
        let wrong: [RedisReply] = [
            .null, .integer(1), .array([.integer(1)]), .array([range(-1, 5, a, 7000)]),
            .array([range(5, 4, a, 7000)]), .array([range(0, 16_384, a, 7000)]), .array([range(0, 5, a, 70_000)]),
            .array([.array([.integer(0), .integer(1)])]),
        ]
        for reply in wrong { #expect(ClusterMap(reply, askedAt: asked) == nil) }
    }

    @Test("MOVED and ASK are read, anything else is not")
    func redirects() {
        let asked = Server(host: "seed", port: 1)
        let moved = Redirect("MOVED 3999 127.0.0.1:6381", askedAt: asked)
        #expect(moved?.isAsk == false && moved?.slot == 3_999)
        #expect(moved?.server == Server(host: "127.0.0.1", port: 6_381))
        #expect(Redirect("ASK 1 ::1:6381", askedAt: asked)?.server == Server(host: "::1", port: 6_381))
        #expect(Redirect("MOVED 1 :6381", askedAt: asked)?.server == Server(host: "seed", port: 6_381))
        for text in ["MOVED", "MOVED x h:1", "MOVED 16384 h:1", "MOVED 1 h", "ERR 1 h:1", "MOVED 1 h:99999"] {
            #expect(Redirect(text, askedAt: asked) == nil)
        }
    }
}
