import Yams

/// A value as it was written, before the table says what it must be.
enum WrittenValue {
    case scalar(String)
    /// Nil for an item that is itself a list or a mapping.
    case list([String?])
    case map([SettingsDocument.Entry])
    /// YAML's null: the key is there, its value is not.
    case nothing

    init(_ node: Node) {
        switch node {
        case .scalar(let scalar): self = SettingsDocument.isNull(node) ? .nothing : .scalar(scalar.string)
        case .sequence(let items):
            self = .list(items.map { SettingsDocument.isNull($0) ? nil : $0.scalar?.string })
        case .mapping(let mapping): self = .map(SettingsDocument.entries(of: mapping))
        case .alias: self = .nothing
        }
    }
}

/// Settings while their layers are read one over another, and every fault met on the way.
struct SettingsReading {
    private(set) var settings = Settings()
    private(set) var faults: [SettingsFault] = []
    private(set) var omitted = 0
    /// Settings whose value is not the one somebody wanted; nothing further is concluded from them.
    private var faulty: Set<String> = []

    /// Starts with the table's own values, which go through the same parsing as anyone's.
    init() {
        for row in SettingsTable.rows { take(row, written(row.builtIn, for: row, .builtIn), .builtIn) }
    }

    /// Notes a fault. The first ones are kept, the rest counted and their text never made.
    mutating func report(_ place: String, _ key: String?, _ problem: @autoclosure () -> String) {
        if let key { faulty.insert(key) }
        if faults.count < SettingsFaults.faultsMax {
            faults.append(SettingsFault(place: place, key: key.map(shown), problem: problem()))
        } else {
            omitted += 1
        }
    }

    /// True when none of these settings has a fault.
    func isSound(_ names: [String]) -> Bool {
        faulty.isDisjoint(with: names)
    }

    /// Takes a value that was written as plain text, in the environment or after `--set`.
    mutating func take(_ row: Setting, text: String, _ source: Settings.Source) {
        take(row, written(text, for: row, source), source)
    }

    /// Takes a value for a setting, or notes why it cannot be one.
    mutating func take(_ row: Setting, _ value: WrittenValue?, _ source: Settings.Source) {
        guard let value else { return }
        do throws(Misfit) {
            switch (row.kind, value) {
            case (_, .nothing):
                throw Misfit("has no value: write one or leave the key out")
            case (.properties, .map(let entries)):
                takeProperties(row, entries, source)
            case (.urls(_, let countMax), .list(let items)):
                try takeList(row, items, countMax, source)
            case (.properties, _): throw .notAMap
            case (.urls, _): throw .notAList
            case (_, .scalar(let text)):
                row.store(&settings, try row.kind.value(text, example: row.builtIn))
                settings.texts[row.name] = text
                settings.sources[row.name] = source
            case (_, .list), (_, .map):
                throw Misfit("must be one value (\(row.kind.type)), as in \(row.builtIn)")
            }
        } catch {
            report(source.description, row.name, error.problem)
        }
    }

    /// Takes one of librdkafka's settings. Later layers replace it one by one, not the whole map.
    mutating func takeProperty(_ row: Setting, _ name: String, _ value: String, _ source: Settings.Source) {
        let key = "\(row.name).\(name)"
        if let reason = KafkaProperties.reasonAgainst(name) {
            report(source.description, key, reason)
            return
        }
        row.store(&settings, .map(settings.kafka.properties.merging([name: value]) { _, new in new }))
        settings.texts[key] = value
        settings.sources[key] = source
        settings.sources[row.name] = source
    }

    private mutating func takeProperties(
        _ row: Setting, _ entries: [SettingsDocument.Entry], _ source: Settings.Source
    ) {
        if settings.sources[row.name] == nil {
            settings.sources[row.name] = source
            settings.texts[row.name] = row.builtIn
        }
        for entry in entries {
            let source = source.at(line: entry.line)
            guard let name = entry.key else {
                report(source.description, row.name, "a name must be plain text")
                continue
            }
            if let first = entry.firstLine {
                reportRepeated("\(row.name).\(name)", source, first)
            } else if let value = entry.value.scalar, !SettingsDocument.isNull(entry.value) {
                takeProperty(row, name, value.string, source)
            } else {
                let remedy = "must have one value; names are written whole, as in security.protocol: SSL"
                report(source.description, "\(row.name).\(name)", remedy)
            }
        }
    }

    private mutating func takeList(
        _ row: Setting, _ items: [String?], _ countMax: Int, _ source: Settings.Source
    ) throws(Misfit) {
        guard items.count <= countMax else {
            throw Misfit("has \(items.count) items, at most \(countMax) are allowed")
        }
        var list: [String] = []
        for (index, item) in items.enumerated() {
            guard let item else { throw Misfit("item \(index + 1) must be one value") }
            do throws(Misfit) {
                list.append(try row.kind.item(item))
            } catch {
                throw Misfit("item \(index + 1) \(error.problem)")
            }
        }
        row.store(&settings, .list(list))
        settings.texts[row.name] = "[" + list.map(masked).joined(separator: ", ") + "]"
        settings.sources[row.name] = source
    }

    /// Notes that a key stands a second time in its mapping.
    mutating func reportRepeated(_ key: String, _ source: Settings.Source, _ firstLine: Int) {
        let first = if case .file = source { " on line \(firstLine)" } else { "" }
        report(source.description, key, "is given already\(first): keep one of them")
    }

    /// The table's kind decides what plain text means: a list or a map is YAML's flow form, a lone item may stand bare.
    private mutating func written(_ text: String, for row: Setting, _ source: Settings.Source) -> WrittenValue? {
        switch row.kind {
        case .urls where !text.hasPrefix("["): return .list([text])
        case .urls, .properties:
            do throws(NotYAML) {
                return try SettingsDocument.root(of: text).map { WrittenValue($0) } ?? .nothing
            } catch {
                report(source.description, row.name, error.problem)
                return nil
            }
        default: return .scalar(text)
        }
    }
}

extension Settings.Source {
    /// The same source at another line of its file.
    fileprivate func at(line: Int) -> Self {
        if case .file(let path, _) = self { .file(path: path, line: line) } else { self }
    }
}
