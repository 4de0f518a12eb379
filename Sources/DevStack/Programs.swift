import Foundation

/// Where the programs of a stack lie.
struct Programs: Sendable {
    /// The folder with `initdb`, `postgres` and `psql`; empty when the stack has no Postgres.
    var postgresFolder = ""
    /// redis-server.
    var redis = ""
    /// The broker.
    var tansu = ""
    /// The user that Postgres runs as when we are root, which it refuses; nil otherwise.
    var postgresUser: String?

    /// Finds what `services` need.
    init(for services: Set<DevService>) throws(DevStackError) {
        for program in ["setsid", "setpriv", "env"] where onPath(program) == nil {
            throw .missing(program, remedy: "install Debian's util-linux and coreutils")
        }
        if services.contains(.postgres) {
            guard let folder = Programs.findPostgres() else {
                throw .missing("PostgreSQL", remedy: "run `make setup` or `apt-get install postgresql`")
            }
            postgresFolder = folder
            if geteuid() == 0 {
                guard getpwnam("postgres") != nil else {
                    throw .missing(
                        "the user postgres", remedy: "Postgres refuses to run as root; `apt-get install postgresql`")
                }
                postgresUser = "postgres"
            }
        }
        if services.contains(.redis) {
            guard let program = onPath("redis-server") else {
                throw .missing("redis-server", remedy: "run `make setup` or `apt-get install redis-server`")
            }
            redis = program
        }
        if services.contains(.kafka) {
            guard let program = Programs.findTansu() else {
                throw .missing("the test broker tansu", remedy: "run `make setup` in cairn's checkout")
            }
            tansu = program
        }
    }

    /// What PATH names wins; Debian keeps the servers off PATH, one folder per major version.
    private static func findPostgres() -> String? {
        let needed = ["initdb", "postgres", "psql"]
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let debian = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        return (pathFolders() + debian).first { folder in
            needed.allSatisfy { isProgram("\(folder)/\($0)") }
        }
    }

    /// CAIRN_TOOLS, then `.tools` in the working directory, in the executable's folder and in the parents of both.
    private static func findTansu() -> String? {
        let chosen = ProcessInfo.processInfo.environment["CAIRN_TOOLS"].map { [$0] } ?? []
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
        let working = FileManager.default.currentDirectoryPath
        let folders = chosen + (parents(of: working) + parents(of: parent(executable))).map { "\($0)/.tools" }
        return folders.map { "\($0)/bin/tansu" }.first(where: isProgram) ?? onPath("tansu")
    }
}

/// The program that PATH gives for `name`; nil when there is none. A name with a slash is a path already.
func onPath(_ name: String) -> String? {
    if name.contains("/") { return isProgram(name) ? name : nil }
    return pathFolders().map { "\($0)/\(name)" }.first(where: isProgram)
}

private func pathFolders() -> [String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map(String.init) + ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
}

private func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        && access(path, X_OK) == 0
}

private func parent(_ path: String) -> String {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    return "/" + folder
}

/// `folder` and all above it, nearest first.
private func parents(of folder: String) -> [String] {
    folder == "/" ? ["/"] : [folder] + parents(of: parent(folder))
}
