import Foundation

/// Takes HTTP/1.1 answers with a content-length out of the bytes of a connection, one after the other.
struct AnswerReader {
    enum Step: Equatable {
        /// More bytes must come.
        case incomplete
        /// It is no answer that this reader knows.
        case broken
        case answer(status: Int, body: Range<Int>)
    }

    /// What came, from the start of the first answer that was not taken.
    private(set) var bytes: [UInt8] = []

    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let lengthField = Array("content-length:".utf8)
    private static let headMax = 65_536

    mutating func add(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// Looks at the first answer. The body's range is one of `bytes`.
    func look() -> Step {
        guard let end = Self.endOfHead(in: bytes) else {
            return bytes.count > Self.headMax ? .broken : .incomplete
        }
        // `HTTP/1.1 200`
        guard end >= 12, let status = Self.number(bytes[9..<12]), let length = Self.length(inHead: bytes[..<end]) else {
            return .broken
        }
        let start = end + Self.headEnd.count
        return bytes.count - start < length ? .incomplete : .answer(status: status, body: start..<start + length)
    }

    /// Forgets what stands before a place in `bytes`: the end of the answer that was taken.
    mutating func drop(to place: Int) {
        if place == bytes.count { bytes.removeAll(keepingCapacity: true) } else { bytes.removeFirst(place) }
    }

    /// The content-length; 0 for the answers that have no body.
    private static func length(inHead head: ArraySlice<UInt8>) -> Int? {
        for line in head.split(separator: UInt8(ascii: "\n")) {
            guard line.count > lengthField.count,
                zip(line, lengthField).allSatisfy({ $0 == $1 || ($0 | 0x20) == $1 })
            else { continue }
            return number(line.dropFirst(lengthField.count).filter { $0 != UInt8(ascii: " ") && $0 != 13 }[...])
        }
        return number(head[9..<12]) == 204 ? 0 : nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        if digits.isEmpty || digits.count > 12 { return nil }
        var number = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 48)
        }
        return number
    }

    /// Where an empty line begins.
    private static func endOfHead(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            while place + headEnd.count <= bytes.count {
                // The last byte of the four tells how far the search may leap.
                switch bytes[place + 3] {
                case 10 where bytes[place] == 13 && bytes[place + 1] == 10 && bytes[place + 2] == 13: return place
                case 10, 13: place += 1
                default: place += 4
                }
            }
            return nil
        }
    }
}
