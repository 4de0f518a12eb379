import Yams

extension SettingsReading {
    /// Variables that start like settings and are none: where the file is, and what only setup and tests look at.
    private static let otherVariables = ["CAIRN_CONFIG", "CAIRN_TOOLS"]
    private static let testPrefix = "CAIRN_TEST_"
    private static let conventionalFile = "cairn.yaml"

    /// Reads the file that applies, if there is one.
    mutating func readFile(_ file: String?, _ environment: [String: String], _ currentDirectory: String) {
        let variable = environment["CAIRN_CONFIG"]
        let path = file ?? variable ?? Self.conventionalFile
        let isWanted = file != nil || variable != nil
        let place = file != nil ? "--config" : "CAIRN_CONFIG"
        guard !path.isEmpty else { return report(place, nil, "is empty: name a file or leave it out") }
        do throws(UnreadableFile) {
            let text = try SettingsFile.text(at: path.hasPrefix("/") ? path : "\(currentDirectory)/\(path)")
            readDocument(text, path)
        } catch {
            if error.isMissing, !isWanted { return }
            if let line = error.line { return report("\(path):\(line)", nil, error.problem) }
            report(isWanted ? "\(place) \(path)" : path, nil, error.problem)
        }
    }

    /// Reads a file's text.
    mutating func readDocument(_ text: String, _ path: String) {
        do throws(NotYAML) {
            guard let root = try SettingsDocument.root(of: text), !SettingsDocument.isNull(root) else { return }
            guard let mapping = root.mapping else {
                return report(
                    "\(path):\(root.mark?.line ?? 1)", nil, "is not a map of settings, as in `log: {level: info}`")
            }
            readGroup("", mapping, path)
        } catch {
            report(error.line.map { "\(path):\($0)" } ?? path, nil, error.problem)
        }
    }

    private mutating func readGroup(_ group: String, _ mapping: Node.Mapping, _ path: String) {
        for entry in SettingsDocument.entries(of: mapping) {
            let source = Settings.Source.file(path: path, line: entry.line)
            guard let key = entry.key else {
                report(source.description, group.isEmpty ? nil : group, "a key must be plain text")
                continue
            }
            let name = group.isEmpty ? key : "\(group).\(key)"
            if let first = entry.firstLine {
                reportRepeated(name, source, first)
            } else if key.contains(".") {
                reportDotted(name, source)
            } else if let row = SettingsTable.byName[name] {
                take(row, WrittenValue(entry.value), source)
            } else if !SettingsTable.groups.contains(name) {
                reportUnknown(name, source)
            } else if let inner = entry.value.mapping {
                readGroup(name, inner, path)
            } else if !SettingsDocument.isNull(entry.value) {
                reportGroup(name, source)
            }
        }
    }

    /// Reads all variables that start with `CAIRN_`, by name, so that faults come in one order.
    mutating func readEnvironment(_ environment: [String: String]) {
        let rows = Dictionary(uniqueKeysWithValues: SettingsTable.rows.map { ($0.environmentName, $0) })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("CAIRN_") {
            if let row = rows[variable] {
                take(row, text: text, .environment(variable))
            } else if !Self.otherVariables.contains(variable), !variable.hasPrefix(Self.testPrefix) {
                let known = SettingsTable.rows.map(\.environmentName) + Self.otherVariables
                let nearest = nearestName(to: variable, among: known)
                let remedy = nearest.map { "did you mean \($0)?" } ?? "unset it; `cairn config show` lists all settings"
                report(singleLine(variable), nil, "there is no such setting: \(remedy)")
            }
        }
    }

    /// Reads what `--set` gave.
    mutating func readOverrides(_ overrides: [String]) {
        var seen: Set<String> = []
        for override in overrides {
            let source = Settings.Source.commandLine
            guard let equals = override.firstIndex(of: "=") else {
                report(source.description, override, "lacks its value: write --set key=value")
                continue
            }
            let name = String(override[..<equals])
            let text = String(override[override.index(after: equals)...])
            let properties = SettingsTable.rows.first { $0.kind == .properties && name.hasPrefix($0.name + ".") }
            if !seen.insert(name).inserted {
                reportRepeated(name, source, 0)
            } else if let row = SettingsTable.byName[name] {
                take(row, text: text, source)
            } else if let properties {
                takeProperty(properties, String(name.dropFirst(properties.name.count + 1)), text, source)
            } else if SettingsTable.groups.contains(name) {
                reportGroup(name, source)
            } else {
                reportUnknown(name, source)
            }
        }
    }

    private mutating func reportUnknown(_ name: String, _ source: Settings.Source) {
        report(source.description, name, "there is no such setting: \(Self.remedy(name))")
    }

    private static func remedy(_ name: String) -> String {
        let nearest = nearestName(to: name, among: SettingsTable.rows.map(\.name) + SettingsTable.groups)
        let group = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
        return nearest.map { "did you mean \($0)?" } ?? "the keys here are \(keys(of: group))"
    }

    private mutating func reportGroup(_ name: String, _ source: Settings.Source) {
        report(source.description, name, "is a group of settings: give values to its keys \(Self.keys(of: name))")
    }

    /// A name with dots is right for `--set`; in a file each dot is a level.
    private mutating func reportDotted(_ name: String, _ source: Settings.Source) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isProperty = name.hasPrefix("kafka.properties.")
        guard isProperty || SettingsTable.byName[name] != nil || SettingsTable.groups.contains(name) else {
            return reportUnknown(name, source)
        }
        let nested =
            isProperty
            ? "kafka: {properties: {\(parts.dropFirst(2).joined(separator: ".")): ...}}"
            : parts.dropLast().reversed().reduce("\(parts.last ?? ""): ...") { "\($1): {\($0)}" }
        report(source.description, name, "groups are nested in a file: write \(nested)")
    }

    /// What may stand in a group; at the top that is the groups.
    private static func keys(of group: String) -> String {
        let prefix = group.isEmpty ? "" : group + "."
        var keys: [Substring] = []
        for row in SettingsTable.rows where row.name.hasPrefix(prefix) {
            let key = row.name.dropFirst(prefix.count).prefix { $0 != "." }
            if !keys.contains(key) { keys.append(key) }
        }
        return keys.isEmpty ? Self.keys(of: "") : keys.joined(separator: ", ")
    }
}
