import CLinux
import Foundation
import Reactor

/// Visitors as a plan has them, on one thread of their own: an open loop. A latency begins when its question was due, so
/// that a server that stalls cannot hide its stall.
final class VisitorLoad {
    private let plan: VisitPlan
    private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    private var visitors: [Visitor] = []
    /// Places of visitors who have nothing to ask.
    private var idle: [Int] = []
    private var begun = 0
    private var ended = 0
    private var startNs: Int64 = 0
    private var figures = VisitFigures()
    private var latency = LatencyRecorder()
    private var lateness = LatencyRecorder()
    private var buffer = [UInt8](repeating: 0, count: 262_144)

    /// Connections of visitors with their own, at most; later ones wait, and count from when they were due.
    private static let connectionsMax = 12_000
    /// A question that has no answer by then has none.
    private static let patienceNs: Int64 = 10_000_000_000
    private static let lookEveryNs: Int64 = 100_000_000

    init(_ plan: VisitPlan) { self.plan = plan }

    deinit { close(epoll) }

    /// Makes all visits. Blocks.
    func run() -> VisitFigures {
        Self.raiseDescriptors()
        openKept()
        startNs = Clock.monotonicNs()
        var nextLookNs = startNs
        while ended < plan.visits {
            beginDue()
            waitForSockets(untilNs: min(nextLookNs, begun < plan.visits ? dueNs(ofVisit: begun) : .max))
            let now = Clock.monotonicNs()
            if now >= nextLookNs {
                nextLookNs = now + Self.lookEveryNs
                giveUp(before: now - Self.patienceNs)
            }
        }
        for visitor in visitors where visitor.descriptor >= 0 { close(visitor.descriptor) }
        figures.seconds = Double(Clock.monotonicNs() - startNs) / 1e9
        figures.latency = latency.quantiles
        figures.lateness = lateness.quantiles
        return figures
    }

    private static func raiseDescriptors() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func dueNs(ofVisit number: Int) -> Int64 { startNs + plan.dueNs(ofVisit: number) }

    private func openKept() {
        guard case .mix(let connections) = plan.kind else { return }
        for place in 0..<connections {
            visitors.append(Visitor())
            idle.append(place)
        }
    }

    // MARK: Visits

    private func beginDue() {
        let now = Clock.monotonicNs()
        while begun < plan.visits, dueNs(ofVisit: begun) <= now, let place = freePlace() {
            let due = dueNs(ofVisit: begun)
            lateness.add(now - due)
            visitors[place].begin(plan.questions(ofVisit: begun), dueNs: due, isKept: begun % plan.keepOneOf == 0)
            begun += 1
            if visitors[place].descriptor < 0 && !open(place) {
                fail(place, "not connected")
            } else {
                ask(place)
            }
        }
    }

    private func freePlace() -> Int? {
        if let place = idle.popLast() { return place }
        if case .mix = plan.kind { return nil }
        if visitors.count == Self.connectionsMax { return nil }
        visitors.append(Visitor())
        return visitors.count - 1
    }

    private func open(_ place: Int) -> Bool {
        let source: UInt32? = if case .refresh = plan.kind { UInt32(truncatingIfNeeded: begun) } else { nil }
        guard let socket = LoopbackSocket(connectingTo: plan.port, source: source) else { return false }
        visitors[place].descriptor = socket.descriptor
        var event = epoll_event(
            events: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue,
            data: epoll_data_t(u64: UInt64(place)))
        return epoll_ctl(epoll, EPOLL_CTL_ADD, socket.descriptor, &event) == 0
    }

    /// Writes what is left of the question; what the socket does not take goes when it is ready again.
    private func ask(_ place: Int) {
        let unsent = visitors[place].unsent
        if unsent.isEmpty { return }
        let count = unsent.withUnsafeBytes {
            send(visitors[place].descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 {
            visitors[place].sent += count
        } else if ![EAGAIN, ENOTCONN, EINPROGRESS].contains(errno) {
            fail(place, "not sent")
        }
    }

    private func finish(_ place: Int) {
        ended += 1
        visitors[place].end()
        if case .refresh = plan.kind { hangUp(place) }
        idle.append(place)
    }

    private func fail(_ place: Int, _ reason: String) {
        figures.failures[reason, default: 0] += visitors[place].questionsLeft
        hangUp(place)
        finish(place)
    }

    private func hangUp(_ place: Int) {
        if visitors[place].descriptor >= 0 { close(visitors[place].descriptor) }
        visitors[place].descriptor = -1
        visitors[place].reader = AnswerReader()
    }

    private func giveUp(before dueNs: Int64) {
        for place in visitors.indices where visitors[place].isAsking && visitors[place].dueNs < dueNs {
            fail(place, "no answer within 10 s")
        }
    }

    // MARK: Answers

    /// Waits for the sockets until a moment, and sees to those that are ready.
    private func waitForSockets(untilNs: Int64) {
        let left = max(0, min(untilNs - Clock.monotonicNs(), Self.lookEveryNs))
        var pause = timespec(tv_sec: 0, tv_nsec: Int(left))
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        let count = epoll_pwait2(epoll, &events, Int32(events.count), &pause, nil)
        for event in events.prefix(max(0, Int(count))) {
            let place = Int(event.data.u64)
            if visitors[place].isAsking { ask(place) }
            if event.events & ~EPOLLOUT.rawValue != 0 {
                read(place, isClosing: event.events & EPOLLRDHUP.rawValue != 0)
            }
        }
    }

    private func read(_ place: Int, isClosing: Bool) {
        while visitors[place].descriptor >= 0 {
            let count = recv(visitors[place].descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                buffer.withUnsafeBytes { visitors[place].reader.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                take(place)
                if count < buffer.count && !isClosing { return }
            } else if count < 0 && errno == EAGAIN {
                return
            } else if visitors[place].isAsking {
                return fail(place, count == 0 ? "closed by the server" : "connection lost")
            } else {
                // A server may close what is idle; the next question opens another.
                return hangUp(place)
            }
        }
    }

    private func take(_ place: Int) {
        switch visitors[place].reader.look() {
        case .incomplete: return
        case .broken: fail(place, "not understood")
        case .answer(let status, let body):
            guard visitors[place].isAsking else { return hangUp(place) }
            let now = Clock.monotonicNs()
            latency.add(now - visitors[place].dueNs)
            figures.answers += 1
            figures.statuses[status, default: 0] += 1
            if status == 200 && visitors[place].isKept {
                figures.kept.append(
                    KeptAnswer(
                        question: visitors[place].question, receivedUs: EpochClock.microseconds(),
                        body: Array(visitors[place].reader.bytes[body])))
            }
            visitors[place].reader.drop(to: body.upperBound)
            if visitors[place].next(dueNs: now) { ask(place) } else { finish(place) }
        }
    }
}

/// The wall clock.
enum EpochClock {
    static func microseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }
}
