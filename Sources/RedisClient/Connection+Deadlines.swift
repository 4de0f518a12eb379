import Reactor

/// One timer per connection looks after all its calls. It is set to the earliest moment at which something can be due
/// and, as replies come in the meantime, mostly finds nothing to do and is set again.
extension Connection {
    func armDeadlineTimer() {
        if expected.isEmpty || phase == .closed { return }
        let silence = lastHeardNs + Self.silenceMs * 1_000_000
        let due = min(expected.nextDeadlineNs ?? .max, silence)
        if deadlineTimer != nil, deadlineTimerNs <= due { return }
        deadlineTimer?.cancel()
        deadlineTimerNs = due
        // Rounded up: a timer that fires just before its deadline would find nothing and fire again.
        let waitMs = (due - Clock.monotonicNs() + 999_999) / 1_000_000
        deadlineTimer = Reactor.schedule(afterMs: waitMs) {
            self.deadlineTimer = nil
            self.lookAtDeadlines()
        }
    }

    private func lookAtDeadlines() {
        if expected.isEmpty || phase == .closed { return }
        let now = Clock.monotonicNs()
        // When this process itself was held up, answers may lie in the kernel already: those are not late.
        if expected.nextDeadlineNs ?? .min <= now { readAvailable() }
        if expected.isEmpty || phase == .closed { return }
        if now >= lastHeardNs + Self.silenceMs * 1_000_000 {
            return end(lost("no answer for \(Self.silenceMs) ms"))
        }
        while let late = expected.popReportable(atNs: now) {
            guard phase == .up, let call = late.call, !call.isDone else { continue }
            plan.counters.stats.timeouts += 1
            listener?.timedOut(call)
        }
        armDeadlineTimer()
    }
}
