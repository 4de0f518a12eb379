import HuntCore

/// How the text of a value is read, and what to tell who wrote one that cannot be.
///
/// - Source: contracts.md section 2.
struct Rule<Value> {
    /// Follows "KEY: "TEXT" is ".
    let remedy: String
    /// nil when the text breaks the rule.
    let read: (String) -> Value?
}

extension Rule where Value == String {
    /// `[a-z0-9][a-z0-9-]{0,62}`
    static var slug: Rule {
        Rule(remedy: "no slug; write 1 to 63 of a-z, 0-9 and -, not beginning with -") { text in
            let bytes = text.utf8
            guard (1...HuntLimits.slugBytesMax).contains(bytes.count), bytes.first != UInt8(ascii: "-") else {
                return nil
            }
            return bytes.allSatisfy { isDigit($0) || isLowercase($0) || $0 == UInt8(ascii: "-") } ? text : nil
        }
    }

    /// Digits of the tag in upper case.
    static var tag: Rule {
        Rule(remedy: "no tag; write its 8, 14 or 20 hex digits, with nothing between them") { text in
            var digits = text.uppercased()
            return digits.withUTF8 { TagUID(hex: UnsafeRawBufferPointer($0)) } == nil ? nil : digits
        }
    }

    static var title: Rule {
        Rule(remedy: "no title; write at most \(HuntLimits.titleBytesMax) bytes of text without NUL") { text in
            // Yams drops a byte-order mark in front of a value: of two, one would be left, and get lost in an export.
            if text.unicodeScalars.first == "\u{FEFF}" { return nil }
            return text.utf8.count <= HuntLimits.titleBytesMax && !text.utf8.contains(0) ? text : nil
        }
    }

    /// Degrees in `-limit ... limit`, kept as written.
    static func degrees(limit: Int) -> Rule {
        Rule(remedy: "no angle; write degrees from -\(limit) to \(limit), such as 38.6916") { text in
            var digits = Substring(text)
            if digits.first == "-" { digits.removeFirst() }
            let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let areDigits = parts.allSatisfy { (1...18).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }
            guard areDigits, let whole = parts.first.flatMap({ Int($0) }) else { return nil }
            let isWhole = parts.count == 1 || parts[1].utf8.allSatisfy { $0 == UInt8(ascii: "0") }
            return whole < limit || whole == limit && isWhole ? text : nil
        }
    }
}

extension Rule where Value == Int64 {
    /// `0 ... HuntLimits.pointsMax`
    static var points: Rule {
        Rule(remedy: "no whole number from 0 to 1,000,000; write digits only") { text in
            guard !text.isEmpty, text.utf8.allSatisfy(isDigit), let number = Int64(text) else { return nil }
            return number <= HuntLimits.pointsMax ? number : nil
        }
    }

    /// Epoch milliseconds.
    static var time: Rule {
        Rule(remedy: "no time; write 2026-06-12T09:00:00Z, with at most milliseconds, or epoch milliseconds") { text in
            if !text.isEmpty, text.utf8.allSatisfy(isDigit) {
                // As a JSON number: no zero in front.
                guard text == "0" || text.utf8.first != UInt8(ascii: "0"), let ms = Int64(text) else { return nil }
                return ms <= Timestamp.latest ? ms : nil
            }
            if let point = text.utf8.firstIndex(of: UInt8(ascii: ".")),
                text.utf8[point...].dropFirst().prefix(while: isDigit).count > 3
            {
                return nil
            }
            var text = text
            return text.withUTF8 { Timestamp.parse(UnsafeRawBufferPointer($0)) }
        }
    }

    /// Milliseconds, `0 ... HuntLimits.lateGraceMax`.
    static var grace: Rule {
        Rule(remedy: "no duration up to 30d; write digits and s, m, h or d, such as 6h") { text in
            let units = graceUnits.filter { text.utf8.last == $0.letter }
            let digits = text.utf8.dropLast()
            guard let unit = units.first, !digits.isEmpty, digits.allSatisfy(isDigit),
                let count = Int64(Substring(digits)), count <= HuntLimits.lateGraceMax / unit.ms
            else { return nil }
            return count * unit.ms
        }
    }
}

extension Rule where Value == HuntDefinition.Ranking {
    static var ranking: Rule {
        let names = HuntDefinition.Ranking.allCases.map(\.rawValue)
        return Rule(remedy: "no ranking; write \(names.joined(separator: " or "))") {
            HuntDefinition.Ranking(rawValue: $0)
        }
    }
}

/// The units of a duration, the largest first.
let graceUnits: [(letter: UInt8, ms: Int64)] = [
    (UInt8(ascii: "d"), 86_400_000), (UInt8(ascii: "h"), 3_600_000), (UInt8(ascii: "m"), 60_000),
    (UInt8(ascii: "s"), 1000),
]

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
