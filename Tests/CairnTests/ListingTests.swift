import Foundation
import Testing

@testable import cairn

@Suite("Lists as JSON")
struct ListingTests {
    @Test("single values and lists come back from a JSON reader as they were, whatever characters they hold")
    func roundTrip() throws {
        let nasty = "\"\\/\u{0}\u{1}\u{1B}[31m\n\r\t\u{7F}é\u{1F600}\u{2028}"
        var listing = Listing("text", "number", "time", "list", "none")
        listing.rows = [
            [.text(nasty), .integer(.min), .time(1_781_254_800_001), .list([nasty, ""]), .none],
            [.text(""), .integer(.max), .time(0), .list([]), .none],
        ]
        let json = Listing.jsonObject(
            [("name", .text(nasty)), ("nothing", Cell(integer: nil))],
            lists: [("rows", listing), ("empty", Listing("a"))])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object.count == 4 && object["name"] as? String == nasty && object["nothing"] is NSNull)
        #expect((object["empty"] as? [Any])?.isEmpty == true)
        let rows = try #require(object["rows"] as? [[String: Any]])
        #expect(rows.map { $0["text"] as? String } == [nasty, ""])
        #expect(rows.map { ($0["number"] as? NSNumber)?.int64Value } == [.min, .max])
        #expect(rows.map { $0["time"] as? String } == ["2026-06-12T09:00:00.001Z", "1970-01-01T00:00:00.000Z"])
        #expect(rows.map { $0["list"] as? [String] } == [[nasty, ""], []])
        #expect(rows.allSatisfy { $0["none"] is NSNull })
    }
}
