import Randomness
import Testing

@testable import Storage

@Suite("text written piece by piece")
struct TextWriterTests {
    @Test("numbers of every length read as Swift writes them")
    func numbers() {
        var random = SplitMix64(seed: 9)
        var numbers: [Int64] = [0, 1, 9, 10, 99, 100, .max, .min, -1, -10]
        for digits in 1...18 {
            let bound = (0..<digits).reduce(Int64(1)) { power, _ in power * 10 }
            numbers += [bound - 1, bound, -bound, Int64.random(in: 0..<bound, using: &random)]
        }
        for number in numbers { #expect(written { $0.append(number) } == "\(number)") }
    }

    @Test("pieces follow each other without a gap")
    func pieces() {
        let text = written { writer in
            writer.append("{\"a\":")
            writer.append(-7)
            writer.append("")
            Array("é".utf8).withUnsafeBytes { writer.append($0) }
            writer.append("}")
        }
        #expect(text == "{\"a\":-7é}")
    }

    private func written(_ body: (inout TextWriter) -> Void) -> String {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { room in
            var writer = TextWriter(room)
            body(&writer)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }
}
