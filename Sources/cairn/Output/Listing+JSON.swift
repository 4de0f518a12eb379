import HuntCore

extension Cell {
    /// The value in JSON.
    var json: String {
        switch self {
        case .text(let text): Listing.quoted(text)
        case .integer(let number): "\(number)"
        case .time(let ms): Listing.quoted(Timestamp.format(ms))
        case .list(let texts): "[\(texts.map(Listing.quoted).joined(separator: ", "))]"
        case .none: "null"
        }
    }
}

extension Listing {
    /// A row as a JSON object on one line.
    func jsonObject(_ row: [Cell]) -> String {
        let members = zip(columns, row).map { "\(Self.quoted($0)): \($1.json)" }
        return "{\(members.joined(separator: ", "))}"
    }

    /// One JSON object: single values by name, then lists by name, all in the order given.
    static func jsonObject(_ facts: [(name: String, value: Cell)], lists: [(name: String, listing: Listing)]) -> String
    {
        let single = facts.map { "  \(quoted($0.name)): \($0.value.json)" }
        let arrays = lists.map { name, listing in
            let rows = listing.rows.map { "    \(listing.jsonObject($0))" }
            return "  \(quoted(name)): [\(rows.isEmpty ? "" : "\n" + rows.joined(separator: ",\n") + "\n  ")]"
        }
        return "{\n" + (single + arrays).joined(separator: ",\n") + "\n}"
    }

    /// A JSON string (RFC 8259 section 7).
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
