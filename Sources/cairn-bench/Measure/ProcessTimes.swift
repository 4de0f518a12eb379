import Foundation

/// Processes as /proc shows them (Linux, proc(5)).
enum ProcessTimes {
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// CPU seconds, user and system, of a process, its living descendants, and the dead ones that they waited for.
    /// Counted in ticks of 10 ms. The children are those of the first thread, which is where servers fork.
    static func cpuSeconds(ofTree root: pid_t) -> Double {
        tree(root).reduce(0) { seconds, pid in
            guard let fields = statFields(pid) else { return seconds }
            // utime, stime, cutime and cstime, the 14th to 17th field of the line.
            return seconds + fields[11...14].reduce(0) { $0 + (Double($1) ?? 0) } / ticksPerSecond
        }
    }

    /// CPU seconds, user and system, of this process.
    static func ownCPUSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// The most memory that a process and each of its living descendants have held, bytes (VmHWM), added up; 0 when
    /// they are gone.
    static func peakMemory(ofTree root: pid_t) -> Int { tree(root).reduce(0) { $0 + peakMemory(of: $1) } }

    private static func tree(_ root: pid_t) -> [pid_t] {
        var pids: [pid_t] = []
        var waiting = [root]
        while let pid = waiting.popLast() {
            pids.append(pid)
            let children = text("/proc/\(pid)/task/\(pid)/children") ?? ""
            waiting += children.split(separator: " ").compactMap { pid_t($0) }
        }
        return pids
    }

    private static func peakMemory(of pid: pid_t) -> Int {
        let status = text("/proc/\(pid)/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return (kilobytes ?? 0) * 1_024
    }

    /// The fields behind the name, which stands in parentheses and may hold anything.
    private static func statFields(_ pid: pid_t) -> [Substring]? {
        guard let line = text("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        return fields.count > 14 ? fields : nil
    }

    /// A file of /proc, whose size is not known beforehand; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.readToEnd() else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
