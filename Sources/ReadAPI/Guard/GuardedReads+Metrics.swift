import FlowCore

extension GuardedReads {
    /// A page in Prometheus' text format 0.0.4.
    public func metrics() -> String {
        state.withLock { state in
            var page = GuardMetrics()
            page.append(state.choice.report(nowMs: clock.nowMs))
            page.append(state.limit)
            page.append(state.flights)
            page.family("cairn_read_late_bodies_total", "counter", "Reads that ended after nobody waited any more.")
            page.sample("cairn_read_late_bodies_total", [], state.lateBodies)
            return page.text
        }
    }
}

/// The guard's families of metrics. Labels are backends and kinds, which are few.
struct GuardMetrics {
    private(set) var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Int) {
        let list = labels.map { "\($0)=\"\($1)\"" }.joined(separator: ",")
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    // MARK: Backends

    mutating func append(_ reports: [BackendReport]) {
        family("cairn_retries_total", "counter", "Reads that were asked again, by the backend that had failed.")
        for report in reports { sample("cairn_retries_total", [Self.label(report)], report.triesAgain) }
        family("cairn_breaker_state", "gauge", "0 closed, 1 open: the backend is shut out, 2 half open: it is probed.")
        for report in reports { sample("cairn_breaker_state", [Self.label(report)], Self.number(report.state)) }
        family("cairn_breaker_opened_total", "counter", "How often a backend was shut out.")
        for report in reports { sample("cairn_breaker_opened_total", [Self.label(report)], report.breaker.opened) }
        family("cairn_backend_in_flight", "gauge", "Calls under way.")
        for report in reports { sample("cairn_backend_in_flight", [Self.label(report)], report.inFlight) }
        family("cairn_backend_calls_total", "counter", "Calls by how they ended.")
        for report in reports {
            let outcomes = [
                ("succeeded", report.breaker.succeeded), ("failed", report.breaker.failed),
                ("abandoned", report.breaker.abandoned),
            ]
            for (outcome, count) in outcomes {
                sample("cairn_backend_calls_total", [Self.label(report), ("outcome", outcome)], count)
            }
        }
    }

    private static func label(_ report: BackendReport) -> (String, String) {
        switch report.backend {
        case .primary: ("backend", "primary")
        case .replica(let number): ("backend", "replica_\(number)")
        }
    }

    private static func number(_ state: CircuitBreaker.State) -> Int {
        switch state {
        case .closed: 0
        case .open: 1
        case .halfOpen: 2
        }
    }

    // MARK: Calls

    mutating func append(_ limit: ConcurrencyLimit) {
        family("cairn_backend_places", "gauge", "Calls that may be in flight, those of readers and all.")
        let all = limit.settings.runningMax
        sample("cairn_backend_places", [("kind", "read")], all - limit.settings.reservedForWrites)
        sample("cairn_backend_places", [("kind", "write")], all)
        family("cairn_backend_running", "gauge", "Calls that have a place.")
        for kind in ConcurrencyLimit.Kind.allCases {
            sample("cairn_backend_running", [("kind", "\(kind)")], limit.running(kind))
        }
        family("cairn_backend_waiting", "gauge", "Calls that wait for a place.")
        for kind in ConcurrencyLimit.Kind.allCases {
            sample("cairn_backend_waiting", [("kind", "\(kind)")], limit.waiting(kind))
        }
        family("cairn_backend_shed_total", "counter", "Calls that never got a place.")
        sample("cairn_backend_shed_total", [("reason", "queue_full")], limit.counters.queueFull)
        sample("cairn_backend_shed_total", [("reason", "deadline")], limit.counters.deadlinePassed)
        sample("cairn_backend_shed_total", [("reason", "left")], limit.counters.left)
    }

    mutating func append(_ flights: SharedFlights) {
        family("cairn_shared_reads_in_flight", "gauge", "Shared reads under way.")
        sample("cairn_shared_reads_in_flight", [], flights.calls)
        family("cairn_shared_reads_waiting", "gauge", "Callers that wait for them.")
        sample("cairn_shared_reads_waiting", [], flights.waiting)
        family(
            "cairn_shared_reads_total", "counter", "Callers by what became of them: a call of their own, or another's.")
        let counters = flights.counters
        let outcomes = [
            ("started", counters.started), ("shared", counters.shared), ("left", counters.left),
            ("full", counters.full),
        ]
        for (outcome, count) in outcomes { sample("cairn_shared_reads_total", [("outcome", outcome)], count) }
    }
}
