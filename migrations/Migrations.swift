/// The schema's history: every file of this folder, oldest first. A file is never edited once released; a change is a
/// new file.
public enum Migrations {
    public struct File: Sendable {
        /// 1, 2, 3 ... without gaps.
        public let version: Int
        /// The file's name without number and ending.
        public let name: String
        public let sql: [UInt8]
    }

    public static let all: [File] = [
        File(version: 1, name: "schema", sql: PackageResources._001_schema_sql),
        File(version: 2, name: "functions", sql: PackageResources._002_functions_sql),
        File(version: 3, name: "upkeep", sql: PackageResources._003_upkeep_sql),
    ]
}
