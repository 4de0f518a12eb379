import Foundation

/// One process as /proc shows it at this moment (Linux, proc(5)).
struct ProcessEntry {
    /// Its pid.
    let pid: pid_t
    /// The pid of its parent; 1 or a subreaper's when that has died.
    let parent: pid_t
    /// Whether only its exit status is left of it.
    let hasEnded: Bool

    /// Nil when there is no such process.
    init?(_ pid: pid_t) {
        guard pid > 0, let line = ProcessEntry.text("/proc/\(pid)/stat"),
            // The name in parentheses may hold spaces and parentheses itself.
            let nameEnd = line.lastIndex(of: ")")
        else { return nil }
        let fields = line[line.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 2, let parent = pid_t(fields[1]) else { return nil }
        self.pid = pid
        self.parent = parent
        hasEnded = fields[0] == "Z" || fields[0] == "X"
    }

    /// Whether this very process listens on 127.0.0.1 at `port`.
    ///
    /// A mere connect would also succeed when another process took the port first and ours is about to give up.
    func listens(on port: Int) -> Bool {
        let loopback = "0100007F:" + String(format: "%04X", port)
        let listening = "0A"
        guard let sockets = ProcessEntry.text("/proc/net/tcp") else { return false }
        for line in sockets.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, fields[1] == loopback, fields[3] == listening else { continue }
            return holds("socket:[\(fields[9])]")
        }
        return false
    }

    private func holds(_ file: String) -> Bool {
        let folder = "/proc/\(pid)/fd"
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return descriptors.contains {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) == file
        }
    }

    /// The text of a file of /proc, whose size is not known beforehand; nil when it cannot be read.
    private static func text(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.readToEnd() else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
