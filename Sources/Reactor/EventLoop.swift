import CLinux
import Glibc
import Synchronization

/// An epoll loop on one pinned thread, which is also the executor of the `Reactor` actor.
///
/// Order of a turn: waiting jobs and closures, timers that are due, then readiness of descriptors. Everything that
/// happens on the thread is short; what blocks goes through `Reactor.blocking`.
final class EventLoop: SerialExecutor, TaskExecutor, Sendable {
    static let shared = EventLoop()

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        var isAwake = true
    }

    private let inbox = Mutex(Inbox())
    private let epoll: Int32
    private let wakeUp: Int32
    /// Only the loop's thread touches it.
    private nonisolated(unsafe) var local = LoopState()

    private init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(epoll >= 0 && wakeUp >= 0, "the kernel gave no epoll or eventfd descriptor: errno \(errno)")
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: LoopState.wakeUpToken))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event)
        startThread()
    }

    private func startThread() {
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { _ in
                EventLoop.shared.run()
                return nil
            }, nil)
        precondition(status == 0, "no thread for the reactor: \(status)")
        pthread_detach(thread)
    }

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        wakeIfAsleep { $0.jobs.append(job) }
    }

    func submit(_ work: sending @escaping @Reactor () -> Void) {
        let closure = Self.unisolated(work)
        wakeIfAsleep { $0.closures.append(closure) }
    }

    private func wakeIfAsleep(_ change: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isAwake = true }
            return !inbox.isAwake
        }
        if mustWake { eventfd_write(wakeUp, 1) }
    }

    func checkIsolated() {
        precondition(pthread_equal(local.thread, pthread_self()) != 0, "not on the reactor's thread")
    }

    // MARK: Timers and descriptors; on the loop's thread only

    func schedule(atNs deadline: Int64, _ work: @escaping @Reactor () -> Void) -> ReactorTimer {
        local.timersMade += 1
        let timer = ReactorTimer(deadlineNs: deadline, sequence: local.timersMade, work: work)
        local.timers.insert(timer)
        return timer
    }

    /// Calls `handler` while the descriptor is ready for `interest` (level triggered).
    func watch(_ descriptor: Int32, _ interest: Readiness, _ handler: @escaping @Reactor (Readiness) -> Void) -> UInt64
    {
        local.tokensMade += 1
        let token = local.tokensMade
        local.handlers[token] = handler
        var event = epoll_event(events: interest.epollMask, data: epoll_data_t(u64: token))
        let status = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
        precondition(status == 0, "epoll refuses descriptor \(descriptor): errno \(errno)")
        return token
    }

    func change(_ token: UInt64, _ descriptor: Int32, _ interest: Readiness) {
        var event = epoll_event(events: interest.epollMask, data: epoll_data_t(u64: token))
        epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
    }

    func unwatch(_ token: UInt64, _ descriptor: Int32) {
        local.handlers[token] = nil
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    // MARK: The loop

    private func run() {
        local.thread = pthread_self()
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        while true {
            inbox.withLock { inbox in
                swap(&jobs, &inbox.jobs)
                swap(&closures, &inbox.closures)
                inbox.isAwake = true
            }
            for job in jobs {
                job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            for closure in closures { closure() }
            jobs.removeAll(keepingCapacity: true)
            closures.removeAll(keepingCapacity: true)
            fireTimers()
            let count = epoll_wait(epoll, &events, Int32(events.count), patienceMs())
            for position in 0..<max(0, Int(count)) { dispatch(events[position]) }
        }
    }

    /// 0 when work waits, else the time to the next timer (rounded up), else for ever. Declares the loop asleep, so that
    /// whoever adds work from now on writes to the eventfd.
    private func patienceMs() -> Int32 {
        let mustWork = inbox.withLock { inbox in
            let mustWork = !inbox.jobs.isEmpty || !inbox.closures.isEmpty
            inbox.isAwake = mustWork
            return mustWork
        }
        if mustWork { return 0 }
        guard let deadline = local.timers.nextDeadlineNs else { return -1 }
        return Int32(clamping: max(0, (deadline - Clock.monotonicNs() + 999_999) / 1_000_000))
    }

    private func fireTimers() {
        guard local.timers.nextDeadlineNs != nil else { return }
        let now = Clock.monotonicNs()
        while let timer = local.timers.popDue(atNs: now) {
            Self.unisolated { timer.fire() }()
        }
    }

    private func dispatch(_ event: epoll_event) {
        if event.data.u64 == LoopState.wakeUpToken {
            var count: eventfd_t = 0
            eventfd_read(wakeUp, &count)
        } else if let handler = local.handlers[event.data.u64] {
            let readiness = Readiness(epollMask: event.events)
            Self.unisolated { handler(readiness) }()
        }
    }

    /// The loop's thread IS the actor's executor, but it calls from outside any task, which the type system cannot know.
    private static func unisolated(_ work: @escaping @Reactor () -> Void) -> @Sendable () -> Void {
        unsafeBitCast(work, to: (@Sendable () -> Void).self)
    }
}

/// What only the loop's thread touches.
private struct LoopState {
    static let wakeUpToken: UInt64 = 0
    var thread = pthread_t()
    var timers = TimerHeap()
    var timersMade: UInt64 = 0
    var handlers: [UInt64: @Reactor (Readiness) -> Void] = [:]
    var tokensMade: UInt64 = 0
}
