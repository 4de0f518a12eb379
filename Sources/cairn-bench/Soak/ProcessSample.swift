import Foundation

/// What a process holds at a moment, as /proc shows it (Linux, proc(5)).
struct ProcessSample: Equatable, Sendable {
    /// Bytes (VmRSS).
    var memory = 0
    var descriptors = 0
    /// Established TCP connections.
    var connections = 0
    var threads = 0

    init() {}

    /// nil when there is no such process, or when it ended in between. Blocks for some milliseconds.
    init?(_ pid: pid_t) {
        guard let status = ProcessTimes.text("/proc/\(pid)/status"),
            let table = ProcessTimes.text("/proc/\(pid)/net/tcp"),
            let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
        else { return nil }
        memory = Self.number("VmRSS:", in: status) * 1_024
        threads = Self.number("Threads:", in: status)
        descriptors = names.count
        let targets = names.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
        }
        connections = Self.established(in: table, of: Set(targets))
        if memory == 0 || descriptors == 0 { return nil }
    }

    /// The number behind a name in a `status` file; 0 without one.
    static func number(_ name: String, in status: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// How many lines of /proc/net/tcp are established connections of these descriptors (`socket:[INODE]`).
    static func established(in table: String, of descriptors: Set<String>) -> Int {
        let established = "01"
        return table.split(separator: "\n").count { line in
            let fields = line.split(separator: " ")
            return fields.count > 9 && fields[3] == established && descriptors.contains("socket:[\(fields[9])]")
        }
    }
}

/// The server processes that Postgres has for its clients.
struct BackendSample: Equatable, Sendable {
    var count = 0
    /// Bytes that belong to one of them alone (RssAnon), the largest.
    var largestMemory = 0

    init() {}

    /// - Parameter postmaster: the server's first process, of which all others are children. Blocks.
    init(postmaster: pid_t) {
        let children = ProcessTimes.text("/proc/\(postmaster)/task/\(postmaster)/children") ?? ""
        for child in children.split(separator: " ") {
            // Postgres titles its processes; those of clients name the client's address.
            guard let title = ProcessTimes.text("/proc/\(child)/cmdline"), title.contains("127.0.0.1("),
                let status = ProcessTimes.text("/proc/\(child)/status")
            else { continue }
            count += 1
            largestMemory = max(largestMemory, ProcessSample.number("RssAnon:", in: status) * 1_024)
        }
    }
}
