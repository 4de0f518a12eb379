import MetricsText

extension FollowerReport {
    /// A page in Prometheus' text format.
    ///
    /// - Parameter nowMs: epoch milliseconds.
    public func metrics(nowMs: Int64) -> String {
        var page = MetricsPage()
        page.gauge("cairn_board_loaded", "Whether the boards were loaded.", asOf == nil ? 0 : 1)
        page.gauge(
            "cairn_board_age_milliseconds", "How old the state is that the boards show.",
            Int(max(0, nowMs - (asOf ?? nowMs))))
        page.gauge("cairn_board_feed_open", "Whether the feed is followed.", isFeedOpen ? 1 : 0)
        page.counter("cairn_board_feed_gaps_total", "Times that the feed could not be read on.", gaps)
        page.counter("cairn_board_feed_records_total", "Records of the feed that were read.", records)
        page.counter("cairn_board_feed_faults_total", "Records that were no change of a score.", faults)
        page.counter("cairn_board_cuts_total", "Committed states that the feed led to.", cuts)
        page.counter("cairn_board_changes_total", "Changes of scores that the feed brought.", changes)
        page.gauge("cairn_board_changes_waiting", "Changes that wait for their state to be complete.", waiting)
        page.labelled(
            "counter", "cairn_board_loads_total", "Loadings from Postgres, by why.", label: "reason",
            loads.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        page.counter("cairn_board_loaded_rows_total", "Score rows that were read from Postgres.", loadedRows)
        page.gauge("cairn_board_last_load_milliseconds", "How long the last loading took.", Int(lastLoadMs))
        page.counter("cairn_board_troubles_total", "Questions to Postgres that failed.", troubles)
        return page.text
    }
}
