/// One row of the table of settings: parsing, `cairn config show` and the documentation are made from it.
public struct Setting: Sendable {
    /// Groups and key with dots between them, as `--set` takes it: `lanes.stop_at`.
    public let name: String
    /// Which values there are, with their units and bounds.
    public let kind: SettingKind
    /// The value that holds where nobody sets another, written as in a file.
    public let builtIn: String
    /// What it does, in one sentence.
    public let help: String
    /// Puts a value of `kind` where it belongs.
    let store: @Sendable (inout Settings, SettingValue) -> Void

    init<Field: SettingField>(
        _ name: String, _ place: any WritableKeyPath<Settings, Field> & Sendable, _ kind: SettingKind,
        _ builtIn: String, _ help: String
    ) {
        self.name = name
        self.kind = kind
        self.builtIn = builtIn
        self.help = help
        store = { settings, value in
            guard let field = Field(value) else {
                preconditionFailure("\(name): the table gives another type than Settings has")
            }
            settings[keyPath: place] = field
        }
    }

    /// The environment variable that sets it: `lanes.stop_at` is `CAIRN_LANES_STOP_AT`.
    public var environmentName: String {
        "CAIRN_" + String(name.map { $0 == "." ? "_" : $0 }).uppercased()
    }

    /// True where a value may hold a password; what is shown of it is masked.
    public var isSecret: Bool {
        switch kind {
        case .url, .urls, .properties: true
        default: false
        }
    }
}

/// A value that fits its setting's kind.
enum SettingValue: Sendable, Equatable {
    case text(String)
    case list([String])
    case map([String: String])
    /// A count, milliseconds, bytes or percent.
    case number(Int64)
    case flag(Bool)
    case address(ListenAddress)
}

/// A type that a field of `Settings` may have.
protocol SettingField: Sendable {
    /// Nil when the value is of another type.
    init?(_ value: SettingValue)
}

extension String: SettingField {
    init?(_ value: SettingValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension [String]: SettingField {
    init?(_ value: SettingValue) {
        guard case .list(let list) = value else { return nil }
        self = list
    }
}

extension [String: String]: SettingField {
    init?(_ value: SettingValue) {
        guard case .map(let map) = value else { return nil }
        self = map
    }
}

extension Int: SettingField {
    init?(_ value: SettingValue) {
        guard case .number(let number) = value else { return nil }
        self.init(exactly: number)
    }
}

extension Int64: SettingField {
    init?(_ value: SettingValue) {
        guard case .number(let number) = value else { return nil }
        self = number
    }
}

extension Bool: SettingField {
    init?(_ value: SettingValue) {
        guard case .flag(let flag) = value else { return nil }
        self = flag
    }
}

extension ListenAddress: SettingField {
    init?(_ value: SettingValue) {
        guard case .address(let address) = value else { return nil }
        self = address
    }
}

extension SettingField where Self: RawRepresentable, RawValue == String {
    init?(_ value: SettingValue) {
        guard case .text(let text) = value else { return nil }
        self.init(rawValue: text)
    }
}

extension Settings.Log.Level: SettingField {}
extension Settings.Log.Format: SettingField {}
