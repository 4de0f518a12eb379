import Foundation

/// A connection is an open file, of which the system's usual limit for a process is 1,024.
enum OpenFiles {
    /// Raises the limit as far as the system lets a process do by itself.
    ///
    /// - Source: getrlimit(2).
    static func allowAll() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
