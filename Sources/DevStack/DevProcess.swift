import Dispatch
import Foundation

/// A child of a stack. It ends with the stack, at the latest.
public final class DevProcess: Sendable {
    /// The name it was started under.
    public let name: String
    /// Its pid, which is also its session and process group.
    public let pid: Int32
    /// The file that receives its standard output and error, both appended.
    public let logPath: String
    private let supervisor: Supervisor

    init(name: String, pid: Int32, logPath: String, supervisor: Supervisor) {
        self.name = name
        self.pid = pid
        self.logPath = logPath
        self.supervisor = supervisor
    }

    /// Whether it has not ended yet. A stopped one (SIGSTOP) still runs.
    public var isRunning: Bool { supervisor.isLive(pid) }

    /// Waits for its end, polling every 5 ms; cancelling the task does not shorten the wait.
    ///
    /// - Returns: the exit status, `0 ... 255`; 128 + n when signal n ended it, as in a shell; 137 also when it
    ///   went down with its stack.
    @discardableResult
    public func wait() async -> Int32 {
        while isRunning { await pause(milliseconds: 5) }
        return await supervisor.reap(pid) ?? 128 + SIGKILL
    }

    /// Sends it a signal; nothing happens when it has ended.
    public func signal(_ number: Int32) {
        if isRunning { kill(pid, number) }
    }
}

/// Lets time pass, whether or not the task is cancelled: between two looks at a condition with a deadline.
func pause(milliseconds: Int) async {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { continuation.resume() }
    }
}
