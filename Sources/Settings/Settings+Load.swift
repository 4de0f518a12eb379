extension Settings {
    /// Reads all layers, each over the ones before: the table, the file, the environment, `--set`.
    ///
    /// - Parameters:
    ///   - file: what `--config` names; it must exist. Without it `CAIRN_CONFIG` does, and without that `cairn.yaml`
    ///     in the current directory is read where it exists.
    ///   - environment: of the process; names that do not start with `CAIRN_` are nobody's business here.
    ///   - overrides: what `--set` gave, `key=value` each.
    ///   - currentDirectory: where relative paths start.
    /// - Throws: everything that is wrong, at once.
    public static func load(
        file: String?, environment: [String: String], overrides: [String], currentDirectory: String = "."
    ) throws(SettingsFaults) -> Settings {
        var reading = SettingsReading()
        reading.readFile(file, environment, currentDirectory)
        reading.readEnvironment(environment)
        reading.readOverrides(overrides)
        reading.findContradictions()
        guard reading.faults.isEmpty else {
            throw SettingsFaults(faults: reading.faults, omitted: reading.omitted)
        }
        return reading.settings
    }
}
