import Yams

/// Collects faults while a file is read.
struct FaultList {
    private(set) var faults: [HuntFileFaults.Fault] = []

    mutating func add(_ line: Int, _ message: String) {
        faults.append(HuntFileFaults.Fault(line: line, message: message))
    }
}

/// A value of the file's text with its line.
struct Located<Value> {
    let value: Value
    let line: Int
}

extension Located: Equatable where Value: Equatable {}

/// The keys of one mapping: reports unknown, repeated and missing ones, and hands out the others' values.
struct KeyReader {
    /// Of the mapping itself.
    let line: Int
    /// Messages begin with it, such as `checkpoint "belem-tower": `.
    let owner: String
    private var values: [String: Node] = [:]

    /// - Returns: nil when the node is no mapping, which is a fault then.
    init?(
        _ node: Node, line: Int, as what: String, known: [String], repeatMark: Unicode.Scalar, faults: inout FaultList
    ) {
        self.line = line
        guard case .mapping(let mapping) = node else {
            faults.add(line, "\(what) is a mapping; write its keys: \(known.joined(separator: ", "))")
            return nil
        }
        var lines: [String: Int] = [:]
        var firstID: String?
        for (key, value) in mapping {
            let keyLine = key.mark?.line ?? line
            guard case .scalar(let scalar) = key else {
                faults.add(keyLine, "\(what): a key is a plain word, one of \(known.joined(separator: ", "))")
                continue
            }
            let name = String(scalar.string.unicodeScalars.drop { $0 == repeatMark })
            if let earlier = lines[name] {
                faults.add(keyLine, "\(what): \(quoted(name)) is there twice, first on line \(earlier); keep one")
                continue
            }
            lines[name] = keyLine
            guard known.contains(name) else {
                let names = known.joined(separator: ", ")
                faults.add(keyLine, "\(what): \(quoted(name)) is no key of it; remove it or use one of \(names)")
                continue
            }
            if name == "id", case .scalar(let id) = value { firstID = id.string }
            values[name] = value
        }
        owner = firstID.map { "\(what) \(quoted($0)): " } ?? (what == "the file" ? "" : "\(what): ")
    }

    /// Where to point a fault of a key at: its value, or the mapping where the key is missing.
    func line(of key: String) -> Int {
        values[key]?.mark?.line ?? line
    }

    /// The text of a value; nil when the key is missing, which is a fault if it is required, or no single value.
    func text(_ key: String, isRequired: Bool = false, faults: inout FaultList) -> Located<String>? {
        guard let node = values[key] else {
            if isRequired { faults.add(line, "\(owner)\(key) is missing; add it") }
            return nil
        }
        guard case .scalar(let scalar) = node else {
            faults.add(line(of: key), "\(owner)\(key) is a single value, no list or mapping; write one value")
            return nil
        }
        return Located(value: scalar.string, line: line(of: key))
    }

    /// The text of a value as a rule reads it; nil as with `text`, and when the rule refuses it.
    func value<Value>(
        _ key: String, isRequired: Bool = false, faults: inout FaultList, by rule: Rule<Value>
    ) -> Located<Value>? {
        guard let text = text(key, isRequired: isRequired, faults: &faults) else { return nil }
        guard let value = rule.read(text.value) else {
            faults.add(text.line, "\(owner)\(key): \(quoted(text.value)) is \(rule.remedy)")
            return nil
        }
        return Located(value: value, line: text.line)
    }

    /// The elements of a list; nil as with `text`.
    func list(_ key: String, isRequired: Bool = false, faults: inout FaultList) -> [Located<Node>]? {
        guard let node = values[key] else {
            if isRequired { faults.add(line, "\(owner)\(key) is missing; add it") }
            return nil
        }
        let start = line(of: key)
        guard case .sequence(let sequence) = node else {
            faults.add(start, "\(owner)\(key) is a list; write it as [a, b], or one element a line after \"- \"")
            return nil
        }
        return sequence.map { Located(value: $0, line: $0.mark?.line ?? start) }
    }

    /// A list of slugs; those that are none are faults and left out.
    func slugs(_ key: String, isRequired: Bool = false, faults: inout FaultList) -> [Located<String>]? {
        list(key, isRequired: isRequired, faults: &faults).map { elements in
            var slugs: [Located<String>] = []
            for element in elements {
                guard case .scalar(let scalar) = element.value, let slug = Rule.slug.read(scalar.string) else {
                    let shown = if case .scalar(let scalar) = element.value { quoted(scalar.string) } else { "this" }
                    faults.add(element.line, "\(owner)\(key): \(shown) is \(Rule.slug.remedy)")
                    continue
                }
                slugs.append(Located(value: slug, line: element.line))
            }
            return slugs
        }
    }
}
