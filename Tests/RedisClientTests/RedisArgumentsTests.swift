import Testing

@testable import RedisClient

@Suite struct RedisArgumentsTests {
    private func text(_ arguments: RedisArguments) -> String {
        arguments.withEncoded { String(decoding: $0, as: UTF8.self) }
    }

    @Test("texts, numbers and bytes become bulk strings")
    func encodes() {
        var arguments = RedisArguments("SET", "é")
        arguments.append(Int64.min)
        arguments.append(Int64.max)
        arguments.append(Int64(0))
        arguments.append([0, 13, 10] as [UInt8])
        arguments.append("")
        #expect(arguments.count == 7)
        #expect(
            text(arguments) == "$3\r\nSET\r\n$2\r\né\r\n$20\r\n-9223372036854775808\r\n$19\r\n9223372036854775807\r\n"
                + "$1\r\n0\r\n$3\r\n\0\r\n\r\n$0\r\n\r\n")
    }

    @Test("an argument of any length stands behind its length", arguments: [0, 1, 9, 10, 99, 100, 999, 1_000, 70_000])
    func lengths(_ length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        var arguments = RedisArguments("first")
        arguments.append(bytes)
        arguments.append(Int64(-42))
        let expected = Array("$5\r\nfirst\r\n$\(length)\r\n".utf8) + bytes + Array("\r\n$3\r\n-42\r\n".utf8)
        #expect(arguments.withEncoded { Array($0) } == expected)
        #expect(arguments.count == 3)
    }

    @Test("the buffer is kept when the arguments are removed")
    func reuse() {
        var arguments = RedisArguments()
        for number in 0..<1_000 { arguments.append(Int64(number)) }
        let before = arguments.withEncoded { $0.baseAddress }
        arguments.removeAll()
        for number in 0..<1_000 { arguments.append(Int64(number)) }
        #expect(arguments.withEncoded { $0.baseAddress } == before)
        #expect(arguments.count == 1_000)
    }

    @Test("the first argument can be read back for routing")
    func first() {
        #expect(RedisArguments().withFirst { $0.count } == nil)
        let arguments = RedisArguments("cairn:{hunt:12}", "other")
        #expect(arguments.withFirst { String(decoding: $0, as: UTF8.self) } == "cairn:{hunt:12}")
    }

    @Test("a script is named by the SHA-1 of its source")
    func scriptName() {
        #expect(RedisScript(source: "return 1").sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        #expect(RedisScript(source: "").sha1 == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }
}
