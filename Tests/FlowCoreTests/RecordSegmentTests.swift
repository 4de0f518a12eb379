import HuntCore
import Testing

@testable import FlowCore

@Suite("a segment of records")
struct RecordSegmentTests {
    private func fill(_ segment: RecordSegment, _ values: [String]) {
        for (number, value) in values.enumerated() {
            Array(value.utf8).withUnsafeBytes {
                segment.append(
                    refused: .malformed, detail: "test", value: $0, offset: Int64(number), receivedAt: -1)
            }
        }
    }

    private func check(_ segment: RecordSegment, _ values: [String]) {
        #expect(segment.count == values.count)
        for (number, value) in values.enumerated() {
            #expect(segment[number].offset == Int64(number))
            #expect(segment.bytes(segment[number].value).elementsEqual(value.utf8))
        }
    }

    @Test("grows with what it holds and keeps every record and byte")
    func growth() {
        let segment = RecordSegment(capacity: 1)
        let values = (0..<1_000).map { "value \($0) " + String(repeating: "x", count: $0 % 300) }
        fill(segment, values)
        check(segment, values)
    }

    @Test("emptied, it keeps memory for as many as are allowed, and gives back what was for twice as many")
    func emptying() {
        let segment = RecordSegment(capacity: 1)
        let values = (0..<100).map { "value \($0)" }
        fill(segment, values)
        #expect(segment.capacity == 128)
        segment.removeAll(keeping: 65)
        #expect(segment.capacity == 128)
        segment.removeAll(keeping: 64)
        #expect(segment.capacity == 64)
        fill(segment, values)
        check(segment, values)
    }
}
