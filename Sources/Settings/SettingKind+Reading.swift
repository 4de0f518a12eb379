/// Why a text is no value of its setting, and what to write instead.
struct Misfit: Error {
    let problem: String

    init(_ problem: String) {
        self.problem = problem
    }

    static let notAList = Misfit("must be a list: write [ ... ]")
    static let notAMap = Misfit("must be a map: write {security.protocol: SSL}")
}

extension SettingKind {
    /// The value written as `text`.
    ///
    /// Lists and maps come from YAML and are read item by item: see `item`.
    ///
    /// - Parameter example: a good value, for the message.
    func value(_ text: String, example: String) throws(Misfit) -> SettingValue {
        switch self {
        case .text(let bytesMax): return .text(try Self.line(text, bytesMax: bytesMax))
        case .topic: return .text(try Self.topic(text))
        case .url(let schemes): return .text(try Self.url(text, schemes: schemes))
        case .urls: throw .notAList
        case .properties: throw .notAMap
        case .integer(let range): return .number(try inside(range, try Self.number(text, example), text))
        case .duration(let range), .size(let range), .percent(let range):
            return .number(try inside(range, try scaled(text, example), text))
        case .boolean:
            guard text == "true" || text == "false" else {
                throw Misfit("\(quoted(text)) is neither true nor false")
            }
            return .flag(text == "true")
        case .listen:
            guard let address = ListenAddress(text) else {
                throw Misfit("\(quoted(text)) is not host:port, as in \(example); IPv6 in [], ports to 65535")
            }
            return .address(address)
        case .choice(let names):
            guard names.contains(text) else {
                throw Misfit("\(quoted(text)) is not one of \(names.joined(separator: ", "))")
            }
            return .text(text)
        }
    }

    /// One item of a list.
    func item(_ text: String) throws(Misfit) -> String {
        guard case .urls(let schemes, _) = self else { throw .notAList }
        return try Self.url(text, schemes: schemes)
    }

    /// Not negative: no setting is.
    private static func number(_ text: String, _ example: String) throws(Misfit) -> Int64 {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else {
            throw Misfit("\(quoted(text)) is not a whole number, as in \(example)")
        }
        return number
    }

    private func scaled(_ text: String, _ example: String) throws(Misfit) -> Int64 {
        let digits = text.prefix { ("0"..."9").contains($0) && $0.isASCII }
        let unit = String(text[digits.endIndex...])
        guard let number = Int64(digits) else {
            throw Misfit("\(quoted(text)) is not a whole number with a unit (\(self.unit ?? "")), as in \(example)")
        }
        guard !unit.isEmpty else {
            throw Misfit("\(quoted(text)) has no unit: write one of \(self.unit ?? "") after it, as in \(example)")
        }
        guard let scale = scales.first(where: { $0.unit == unit }) else {
            throw Misfit("the unit \(quoted(unit)) is not one of \(self.unit ?? ""), as in \(example)")
        }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: scale.factor)
        return isTooLarge ? Int64.max : product
    }

    private func inside(_ range: ClosedRange<Int64>, _ number: Int64, _ text: String) throws(Misfit) -> Int64 {
        guard range.contains(number) else { throw Misfit("\(quoted(text)) is not within \(bounds)") }
        return number
    }

    private static func line(_ text: String, bytesMax: Int) throws(Misfit) -> String {
        guard !text.isEmpty else { throw Misfit("is empty: give it a value or leave the key out") }
        guard text.utf8.count <= bytesMax else {
            throw Misfit("is \(text.utf8.count) bytes long, at most \(bytesMax) are allowed")
        }
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw Misfit("\(quoted(text)) holds a control character")
        }
        guard text.first?.isWhitespace == false, text.last?.isWhitespace == false else {
            throw Misfit("\(quoted(text)) has white space at its start or end")
        }
        return text
    }

    /// Source: Apache Kafka, `Topic.validate`.
    private static func topic(_ text: String) throws(Misfit) -> String {
        let isLegal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isLegal, (1...topicBytesMax).contains(text.utf8.count), text != ".", text != ".." else {
            throw Misfit("\(quoted(text)) is no name of a topic: \(SettingKind.topic.bounds)")
        }
        return text
    }

    /// Only what tells one kind of address from another; the client that uses it says what is wrong further on.
    private static func url(_ text: String, schemes: [String]) throws(Misfit) -> String {
        let text = try line(text, bytesMax: 4096)
        guard schemes.contains(where: { text.hasPrefix($0 + "://") }) else {
            let starts = schemes.map { $0 + "://" }.joined(separator: " or ")
            throw Misfit("is not a URL that starts with \(starts)")
        }
        guard !text.contains(where: \.isWhitespace) else {
            throw Misfit("holds white space: write it as %20")
        }
        return text
    }
}
