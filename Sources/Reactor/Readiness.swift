import CLinux
import Glibc

/// What a descriptor is ready for. An error or hang-up counts as both: the next call on the descriptor tells which.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let read = Readiness(rawValue: 1)
    public static let write = Readiness(rawValue: 2)

    init(epollMask: UInt32) {
        self = []
        if epollMask & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { insert(.read) }
        if epollMask & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { insert(.write) }
    }

    var epollMask: UInt32 {
        (contains(.read) ? EPOLLIN.rawValue : 0) | (contains(.write) ? EPOLLOUT.rawValue : 0)
    }
}

/// One descriptor watched by the reactor, until `stop`. It does not own the descriptor: stop watching before closing it.
@Reactor
public final class Watch {
    private let descriptor: Int32
    private let token: UInt64
    private var interest: Readiness
    private var isStopped = false

    /// Calls `handler` on the reactor while the descriptor is ready for `interest` (level triggered).
    public init(
        _ descriptor: Int32, for interest: Readiness, _ handler: @escaping @Reactor (Readiness) -> Void
    ) {
        self.descriptor = descriptor
        self.interest = interest
        token = EventLoop.shared.watch(descriptor, interest, handler)
    }

    /// Changes what is waited for; an empty set waits for errors and hang-ups only.
    public func wait(for interest: Readiness) {
        if isStopped || interest == self.interest { return }
        self.interest = interest
        EventLoop.shared.change(token, descriptor, interest)
    }

    /// Ends the watch. A second call does nothing.
    public func stop() {
        if isStopped { return }
        isStopped = true
        EventLoop.shared.unwatch(token, descriptor)
    }
}
