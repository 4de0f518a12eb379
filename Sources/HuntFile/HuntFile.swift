import HuntCore

/// The file in which organisers describe a hunt.
///
/// - Source: contracts.md section 2.
public enum HuntFile {
    /// Reads a hunt file. Every scalar is taken as its text, whatever YAML makes of it; an alias stands for what it
    /// names, and its faults are on that line.
    ///
    /// - Parameter text: YAML, at most `HuntLimits.fileBytesMax`.
    /// - Throws: everything that is wrong with the file. Where it is not YAML, that alone.
    public static func parse(_ text: String) throws(HuntFileFaults) -> HuntDefinition {
        let document = try HuntDocument(text)
        var reader = HuntReader(document)
        let definition = reader.read()
        guard let definition, reader.faults.faults.isEmpty else { throw HuntFileFaults(reader.faults.faults) }
        return definition
    }
}
