import Foundation
import Synchronization

/// The supervising shell as a child process, and the socket between it and us.
///
/// A socket rather than two pipes: writing to a dead shell is then an error (`MSG_NOSIGNAL`) and not a SIGPIPE.
final class SupervisorChannel: Sendable {
    /// The shell's pid.
    let pid: pid_t
    private let socket: Int32
    private let buffered = Mutex<[UInt8]>([])
    private let isClosed = Mutex(false)
    /// Longest wait for an answer. Each takes milliseconds; a shell that is stuck for this long is broken.
    private static let answerSeconds = 60

    private init(pid: pid_t, socket: Int32) {
        self.pid = pid
        self.socket = socket
    }

    /// Starts the shell.
    ///
    /// Both ends are born close-on-exec, so a process forked by another thread at this moment cannot keep our end open
    /// and thereby the stack alive. What others left open without that flag is closed in the shell, because it would
    /// keep their sockets open for as long as the stack lives.
    static func open() throws(DevStackError) -> SupervisorChannel {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .failed("socketpair", reason: lastError()) }
        defer { Foundation.close(ends[1]) }
        var limit = timeval(tv_sec: answerSeconds, tv_usec: 0)
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        for descriptor in openDescriptors() where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variable = "CAIRN_SUPERVISOR"
        let environment = ProcessInfo.processInfo.environment.merging([variable: supervisorScript]) { $1 }
            .map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let outcome = withCStrings(["sh", "-c", "eval \"$\(variable)\"", "cairn-supervisor"]) { arguments in
            withCStrings(environment) { variables in
                posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, variables)
            }
        }
        guard outcome == 0 else {
            Foundation.close(ends[0])
            throw .failed("/bin/sh", reason: String(cString: strerror(outcome)))
        }
        return SupervisorChannel(pid: pid, socket: ends[0])
    }

    /// Sends one line. False when the shell is gone.
    func send(_ line: String) -> Bool {
        guard !isClosed.withLock({ $0 }) else { return false }
        var rest = Array(line.utf8)[...]
        rest.append(UInt8(ascii: "\n"))
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { bytes in
                Foundation.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// The next line; nil when the shell is gone.
    func receive() -> String? {
        buffered.withLock { buffered in
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                if let end = buffered.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: buffered[..<end], as: UTF8.self)
                    buffered.removeSubrange(...end)
                    return line
                }
                let count = recv(socket, &chunk, chunk.count, 0)
                if count > 0 {
                    buffered += chunk[..<count]
                } else if count == 0 || errno != EINTR {
                    return nil
                }
            }
        }
    }

    /// Lets the shell end everything and waits for it to exit.
    func close() {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        shutdown(socket, Int32(SHUT_WR))
        while receive() != nil {}
        Foundation.close(socket)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    }
}

/// `POSIX_SPAWN_SETSID` of glibc 2.26 and newer (spawn.h), which Swift sees only with `_GNU_SOURCE`.
private let newSession: Int32 = 0x80

private func openDescriptors() -> [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap { Int32($0) }
}

/// `errno` in words.
func lastError() -> String { String(cString: strerror(errno)) }

/// Calls `body` with a null-terminated array of C strings that lives as long as the call.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
