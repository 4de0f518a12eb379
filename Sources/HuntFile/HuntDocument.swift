import HuntCore
import Yams

/// The text of a hunt file as nodes, each with its line.
///
/// Yams stops at the first mapping with a repeated key. So that one reading still finds everything, the earlier one of
/// two equal keys gets a mark in front, a character that is nowhere in the file, and the text is read again;
/// `KeyReader` takes the mark off and reports the repeat.
struct HuntDocument {
    let root: Node
    /// In front of a key that is repeated further down, once or more often.
    let repeatMark: Unicode.Scalar
    /// Where a second document begins; nil when there is none.
    let secondDocumentLine: Int?

    /// Repeated keys that are looked for beyond the first; more are reported as one.
    private static let repeatsMax = 50

    init(_ text: String) throws(HuntFileFaults) {
        guard text.utf8.count <= HuntLimits.fileBytesMax else {
            throw HuntFileFaults(line: 1, "the file is over 16 MiB; split it into several hunts")
        }
        var text = text
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        try Self.checkCharacters(text)
        guard let mark = Self.unusedMark(text) else {
            throw HuntFileFaults(line: 1, "the file uses every private character of Unicode; write it in plain text")
        }
        repeatMark = mark
        var repeats = 0
        while true {
            switch Self.compose(text) {
            case .nodes(let root, let secondDocumentLine):
                self.root = root
                self.secondDocumentLine = secondDocumentLine
                return
            case .fault(let fault):
                throw fault
            case .repeatedKeys(let keys, let line, let column):
                let marked = Self.insert(mark, into: text, line: line, column: column)
                guard repeats < Self.repeatsMax, let marked else {
                    let names = keys.map(quoted).joined(separator: ", ")
                    throw HuntFileFaults(line: line, "repeated in one mapping: \(names); keep one of each")
                }
                text = marked
                repeats += 1
            }
        }
    }

    // MARK: - Yams

    private enum Composition {
        case nodes(root: Node, secondDocumentLine: Int?)
        case repeatedKeys([String], line: Int, column: Int)
        case fault(HuntFileFaults)
    }

    private static func compose(_ text: String) -> Composition {
        do {
            // Without rules no scalar is taken for anything but text.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.nextRoot() else {
                return .fault(HuntFileFaults(line: 1, "the file is empty; begin with hunt: and a name"))
            }
            let second = try parser.nextRoot()
            return .nodes(root: root, secondDocumentLine: second.map { $0.mark?.line ?? 1 })
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                return .fault(HuntFileFaults(line: mark.line, "this is not YAML: \(problem)"))
            case .duplicatedKeysInMapping(let keys, let context):
                return .repeatedKeys(keys, line: context.mark.line, column: context.mark.column)
            default:
                return .fault(HuntFileFaults(line: 1, "this is not YAML: \(quoted(String(describing: error)))"))
            }
        } catch {
            return .fault(HuntFileFaults(line: 1, "this is not YAML: \(quoted(String(describing: error)))"))
        }
    }

    // MARK: - Characters

    /// Refuses what YAML does not allow to stand in a file, with its line, which Yams does not tell.
    ///
    /// - Source: YAML 1.2.2, production 1, c-printable.
    private static func checkCharacters(_ text: String) throws(HuntFileFaults) {
        var line = 1
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A where previous == "\r": break
            case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: line += 1
            case 0x09, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: break
            default:
                let code = String(scalar.value, radix: 16, uppercase: true)
                throw HuntFileFaults(
                    line: line, "the character U+\(code) may not stand in YAML; remove it, or write it as an escape")
            }
            previous = scalar
        }
    }

    private static func unusedMark(_ text: String) -> Unicode.Scalar? {
        let used = Set(text.unicodeScalars.lazy.filter { (0xE000...0xF8FF).contains($0.value) })
        return (0xE000...0xF8FF).lazy.compactMap { Unicode.Scalar($0 as UInt32) }.first { !used.contains($0) }
    }

    /// Puts the mark in front of the key that begins at a place, inside its quotes if it has some.
    ///
    /// - Returns: nil where no plain or quoted word begins, so that a mark would change the meaning.
    private static func insert(_ mark: Unicode.Scalar, into text: String, line: Int, column: Int) -> String? {
        var text = text
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        var lineNow = 1
        while lineNow < line, index < scalars.endIndex {
            let scalar = scalars[index]
            scalars.formIndex(after: &index)
            switch scalar.value {
            case 0x0D where index < scalars.endIndex && scalars[index] == "\n": break
            case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: lineNow += 1
            default: break
            }
        }
        guard var place = scalars.index(index, offsetBy: column - 1, limitedBy: scalars.endIndex),
            place < scalars.endIndex
        else { return nil }
        if "'\"".unicodeScalars.contains(scalars[place]) {
            scalars.formIndex(after: &place)
        } else if "&*!|>?[]{},#%@`-:".unicodeScalars.contains(scalars[place]) {
            return nil
        }
        text.unicodeScalars.insert(mark, at: place)
        return text
    }
}

extension HuntFileFaults {
    init(line: Int, _ message: String) {
        self.init([Fault(line: line, message: message)])
    }
}
