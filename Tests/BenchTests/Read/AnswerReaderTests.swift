import Testing

@testable import cairn_bench

@Suite("Answers out of a connection's bytes")
struct AnswerReaderTests {
    private static func add(_ bytes: some Collection<UInt8>, to reader: inout AnswerReader) {
        Array(bytes).withUnsafeBytes { reader.add($0) }
    }

    @Test("answers are taken one after the other, in whatever pieces they come", arguments: [1, 2, 7, 50, 1_000])
    func pieces(size: Int) {
        let bodies = ["{\"a\":\"\r\n\"}", "", "twelve bytes"]
        let bytes = bodies.flatMap { body in
            Array(
                "HTTP/1.1 20\(body.count % 7) OK\r\nServer: x\r\ncontent-LENGTH:  \(body.utf8.count)\r\n\r\n\(body)"
                    .utf8)
        }
        var reader = AnswerReader()
        var taken: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            Self.add(bytes[start..<min(bytes.count, start + size)], to: &reader)
            while case .answer(let status, let body) = reader.look() {
                let text = String(decoding: reader.bytes[body], as: UTF8.self)
                #expect(status == 200 + text.count % 7)
                taken.append(text)
                reader.drop(to: body.upperBound)
            }
        }
        #expect(taken == bodies && reader.bytes.isEmpty)
    }

    @Test("an answer without a length is broken, unless it has no body by its status")
    func lengths() {
        for (head, step) in [
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", AnswerReader.Step.broken),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .broken),
            ("HTTP/1.1 xyz\r\nContent-Length: 1\r\n\r\n", .broken), ("\r\n\r\n", .broken),
            ("HTTP/1.1 204 No Content\r\n\r\n", .answer(status: 204, body: 27..<27)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", .incomplete), ("HTTP/1.1 200 OK\r\n", .incomplete),
        ] {
            var reader = AnswerReader()
            Self.add(head.utf8, to: &reader)
            #expect(reader.look() == step, "\(head)")
        }
    }
}
