/// One line of `cairn config show`.
public struct SettingLine: Sendable, Equatable {
    /// A setting's name, or `kafka.properties.NAME`.
    public let name: String
    /// As it was written, on one line, with secrets masked.
    public let value: String
    /// Where the value came from.
    public let source: Settings.Source
}

extension Settings {
    /// Every effective setting and where it came from, in the table's order; librdkafka's by name.
    public var listing: [SettingLine] {
        SettingsTable.rows.flatMap { row -> [SettingLine] in
            if case .properties = row.kind, !kafka.properties.isEmpty {
                return kafka.properties.keys.sorted().map {
                    line("\(row.name).\($0)", isSecret: isSecretProperty($0))
                }
            }
            return [line(row.name, isSecret: false)]
        }
    }

    private func line(_ name: String, isSecret: Bool) -> SettingLine {
        let text = texts[name] ?? ""
        let value = isSecret ? mask : singleLine(masked(url: text))
        return SettingLine(name: name, value: value, source: sources[name] ?? .builtIn)
    }
}
