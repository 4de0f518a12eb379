import Dispatch
import Foundation
import Synchronization

/// A child to start: what, where and as whom.
struct ChildCommand: Sendable {
    /// The file that receives its output, appended.
    var log: String
    /// Its working directory.
    var directory: String
    /// Added to the environment.
    var environment: [String: String] = [:]
    /// Whether nothing of our own environment reaches it.
    var cleanEnvironment = false
    /// The user to become; nil keeps ours.
    var user: String?
    /// The program, a path or a name on PATH, and its arguments.
    var command: [String]

    /// The line that makes the supervisor start it. The child is killed should the supervisor itself be killed.
    var line: String {
        var words = ["begin", log, directory]
        if cleanEnvironment { words.append("-i") }
        words += environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        words.append("setpriv")
        if let user { words += ["--reuid=\(user)", "--regid=\(user)", "--init-groups"] }
        words += ["--pdeathsig", "KILL", "--"]
        return (words + command).map(shellWord).joined(separator: " ")
    }
}

/// Our end of the socket to one supervising shell (see `supervisorScript`).
///
/// Closing it, by `close()`, by the last reference or by the death of this process, ends all its children.
final class Supervisor: Sendable {
    /// The folder it made, absolute. It is removed with the supervisor.
    let folder: String
    /// Its pid: the parent of every child.
    let pid: pid_t
    private let channel: SupervisorChannel
    /// Keeps the one-line conversation in order; the wait for an answer blocks a thread of this queue only.
    private let queue = DispatchQueue(label: "cairn.devstack.supervisor")
    /// Exit statuses already told. A second `wait` for the same pid would not know them any more.
    private let statuses = Mutex<[pid_t: Int32]>([:])

    private init(pid: pid_t, channel: SupervisorChannel, folder: String) {
        self.pid = pid
        self.channel = channel
        self.folder = folder
    }

    deinit {
        DispatchQueue.global().async { [channel] in channel.close() }
    }

    /// Starts one in a session of its own, so that Ctrl-C on our terminal does not reach it.
    static func start() async throws(DevStackError) -> Supervisor {
        let channel = try SupervisorChannel.open()
        let folder = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: channel.receive()) }
        }
        guard let folder else {
            channel.close()
            throw .failed("the guard of the stack", reason: "cannot make a folder below TMPDIR (default /tmp)")
        }
        return Supervisor(pid: channel.pid, channel: channel, folder: folder)
    }

    /// Starts a child in its own session. The pid is known even where the program cannot be executed; the child then
    /// ends at once with 126 or 127.
    func begin(_ child: ChildCommand) async throws(DevStackError) -> pid_t {
        guard let answer = await ask(child.line), let pid = pid_t(answer) else { throw .lost }
        return pid
    }

    /// The exit status of a child that has ended, 128 + n after signal n; nil when the supervisor is gone.
    func reap(_ child: pid_t) async -> Int32? {
        _ = await ask(
            "reap \(child)", unless: { self.statuses.withLock { $0[child] != nil } },
            then: { self.note($0, of: child) })
        return statuses.withLock { $0[child] }
    }

    /// Kills the child with all its descendants, and the Postgres processes at work in `directory`; returns when none
    /// of them lives.
    func end(_ child: pid_t, directory: String) async throws(DevStackError) {
        guard await ask("end \(child) \(shellWord(directory))", then: { self.note($0, of: child) }) != nil else {
            throw .lost
        }
    }

    /// Whether the child still runs, stopped or not. A zombie does not.
    func isLive(_ child: pid_t) -> Bool {
        guard let entry = ProcessEntry(child) else { return false }
        return entry.parent == pid && !entry.hasEnded
    }

    /// Ends all children, removes the folder, and returns when that is done. May be called again.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                channel.close()
                if FileManager.default.fileExists(atPath: folder) { cleanUpInItsPlace() }
                continuation.resume()
            }
        }
    }

    /// Only where someone killed the supervisor itself. Its children died with it.
    private func cleanUpInItsPlace() {
        if let segment = PostgresServer.sharedMemory(ofData: "\(folder)/postgres/data") {
            shmctl(segment, IPC_RMID, nil)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func note(_ answer: String, of child: pid_t) {
        guard let status = Int32(answer) else { return }
        statuses.withLock { if $0[child] == nil { $0[child] = status } }
    }

    private func ask(
        _ line: String, unless isDone: @escaping @Sendable () -> Bool = { false },
        then take: @escaping @Sendable (String) -> Void = { _ in }
    ) async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { [channel] in
                let answer = isDone() || !channel.send(line) ? nil : channel.receive()
                if let answer { take(answer) }
                continuation.resume(returning: answer)
            }
        }
    }
}
