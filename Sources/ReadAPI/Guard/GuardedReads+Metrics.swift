import FlowCore
import MetricsText

extension GuardedReads {
    /// A page in Prometheus' text format. Labels are backends and kinds, which are few.
    public func metrics() -> String {
        state.withLock { state in
            var page = MetricsPage()
            page.append(state.choice.report(nowMs: clock.nowMs))
            page.append(state.limit)
            page.append(state.flights)
            page.counter(
                "cairn_read_late_bodies_total", "Reads that ended after nobody waited any more.", state.lateBodies)
            return page.text
        }
    }
}

extension MetricsPage {
    fileprivate mutating func append(_ reports: [BackendReport]) {
        func byBackend(_ value: (BackendReport) -> Int) -> [(String, Int)] {
            reports.map { (Self.name($0.backend), value($0)) }
        }
        labelled(
            "counter", "cairn_retries_total", "Reads that were asked again, by the backend that had failed.",
            label: "backend", byBackend(\.triesAgain))
        labelled(
            "gauge", "cairn_breaker_state", "0 closed, 1 open: the backend is shut out, 2 half open: it is probed.",
            label: "backend", byBackend { Self.number($0.state) })
        labelled(
            "counter", "cairn_breaker_opened_total", "How often a backend was shut out.", label: "backend",
            byBackend(\.breaker.opened))
        labelled(
            "gauge", "cairn_backend_in_flight", "Calls under way.", label: "backend", byBackend(\.inFlight))
        samples(
            "counter", "cairn_backend_calls_total", "Calls by how they ended.",
            reports.flatMap { report in
                let outcomes = [
                    ("succeeded", report.breaker.succeeded), ("failed", report.breaker.failed),
                    ("abandoned", report.breaker.abandoned),
                ]
                return outcomes.map { outcome, count in
                    ("backend=\"\(Self.name(report.backend))\",outcome=\"\(outcome)\"", count)
                }
            })
    }

    private static func name(_ backend: BackendChoice.Backend) -> String {
        switch backend {
        case .primary: "primary"
        case .replica(let number): "replica_\(number)"
        }
    }

    private static func number(_ state: CircuitBreaker.State) -> Int {
        switch state {
        case .closed: 0
        case .open: 1
        case .halfOpen: 2
        }
    }

    fileprivate mutating func append(_ limit: ConcurrencyLimit) {
        let kinds = ConcurrencyLimit.Kind.allCases
        let all = limit.settings.runningMax
        labelled(
            "gauge", "cairn_backend_places", "Calls that may be in flight, those of readers and all.", label: "kind",
            [("read", all - limit.settings.reservedForWrites), ("write", all)])
        labelled(
            "gauge", "cairn_backend_running", "Calls that have a place.", label: "kind",
            kinds.map { ("\($0)", limit.running($0)) })
        labelled(
            "gauge", "cairn_backend_waiting", "Calls that wait for a place.", label: "kind",
            kinds.map { ("\($0)", limit.waiting($0)) })
        let counters = limit.counters
        labelled(
            "counter", "cairn_backend_shed_total", "Calls that never got a place.", label: "reason",
            [("queue_full", counters.queueFull), ("deadline", counters.deadlinePassed), ("left", counters.left)])
    }

    fileprivate mutating func append(_ flights: SharedFlights) {
        gauge("cairn_shared_reads_in_flight", "Shared reads under way.", flights.calls)
        gauge("cairn_shared_reads_waiting", "Callers that wait for them.", flights.waiting)
        let counters = flights.counters
        labelled(
            "counter", "cairn_shared_reads_total",
            "Callers by what became of them: a call of their own, or another's.", label: "outcome",
            [
                ("started", counters.started), ("shared", counters.shared), ("left", counters.left),
                ("full", counters.full),
            ])
    }
}
