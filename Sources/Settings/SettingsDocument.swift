import Yams

/// Why a text is not one YAML document.
struct NotYAML: Error {
    /// From 1; nil where YAML's reader does not say.
    let line: Int?
    let problem: String
}

/// A YAML document as nodes, in whose mappings keys may repeat.
///
/// Yams gives up on a document with a repeated key and tells only where that key stands first, which would hide every
/// other fault. So that first key is renamed by a prefix and the text parsed again; `entries` takes the prefix off.
enum SettingsDocument {
    /// One key of a mapping with its value.
    struct Entry {
        /// Nil for a key that is itself a list or a mapping.
        let key: String?
        let value: Node
        /// Line of the key, from 1.
        let line: Int
        /// Line of the same key further up in the same mapping.
        let firstLine: Int?
    }

    /// Repetitions looked for; after that many, the document is given up at the next one.
    static let repetitionsMax = 8
    /// A character of the private use area: valid in YAML, and in no name of a setting.
    private static let marker: Unicode.Scalar = "\u{E000}"

    /// The document's root; nil for an empty document.
    static func root(of yaml: String) throws(NotYAML) -> Node? {
        var yaml = yaml
        var repetitions = 0
        while true {
            do {
                // The encoding is named because the default looks into the environment and prints.
                return try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot()
            } catch let error as YamlError {
                guard case .duplicatedKeysInMapping(let keys, let context) = error else { throw notYAML(error, yaml) }
                repetitions += 1
                guard repetitions <= repetitionsMax, let renamed = rename(at: context.mark, repetitions, in: yaml)
                else {
                    let key = keys.first.map { quoted(withoutMarkers($0)) } ?? "a key"
                    throw NotYAML(line: context.mark.line, problem: "\(key) is repeated further down: keep one of them")
                }
                yaml = renamed
            } catch {
                throw NotYAML(line: nil, problem: "is not YAML")
            }
        }
    }

    /// The entries of a mapping in the order of the text.
    static func entries(of mapping: Node.Mapping) -> [Entry] {
        var firstLines: [String: Int] = [:]
        return mapping.map { key, value in
            let line = key.mark?.line ?? 1
            guard let name = key.scalar.map({ withoutMarkers($0.string) }) else {
                return Entry(key: nil, value: value, line: line, firstLine: nil)
            }
            let first = firstLines[name]
            if first == nil { firstLines[name] = line }
            return Entry(key: name, value: value, line: line, firstLine: first)
        }
    }

    /// True for `null`, `~` or nothing at all.
    static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func withoutMarkers(_ key: String) -> String {
        String(String.UnicodeScalarView(key.unicodeScalars.drop { $0 == marker }))
    }

    /// The text with `count` markers before the key at `mark`, inside its quotes if it has some.
    private static func rename(at mark: Mark, _ count: Int, in yaml: String) -> String? {
        var scalars = yaml.unicodeScalars
        var line = 1
        var place = scalars.startIndex
        while line < mark.line {
            guard place < scalars.endIndex else { return nil }
            let scalar = scalars[place]
            place = scalars.index(after: place)
            let endsInTwo = scalar == "\r" && place < scalars.endIndex && scalars[place] == "\n"
            if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar), !endsInTwo { line += 1 }
        }
        guard var place = scalars.index(place, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            place < scalars.endIndex
        else { return nil }
        if scalars[place] == "\"" || scalars[place] == "'" { place = scalars.index(after: place) }
        scalars.insert(contentsOf: repeatElement(marker, count: count), at: place)
        return String(scalars)
    }

    private static func notYAML(_ error: YamlError, _ yaml: String) -> NotYAML {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            let hasTab = lines.indices.contains(mark.line - 1) && lines[mark.line - 1].contains("\t")
            // libyaml's own words for that name a function of its.
            guard !problem.contains("nesting level") else {
                return NotYAML(line: mark.line, problem: "is nested too deep for a settings file")
            }
            let text = [problem, context?.text].compactMap { $0 }.joined(separator: " ")
            let remedy = hasTab ? "; indent with spaces, YAML takes no tabs" : ""
            return NotYAML(line: mark.line, problem: "is not YAML: \(text)\(remedy)")
        case .reader(let problem, let offset, _, _):
            let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
            return NotYAML(line: line, problem: "is not YAML: \(problem)")
        default:
            return NotYAML(line: nil, problem: "is not YAML")
        }
    }
}
