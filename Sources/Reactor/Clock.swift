import Glibc

/// The two clocks of a process. The pure modules never read one: their callers pass the time in.
public enum Clock {
    /// Nanoseconds since some fixed moment, never set back (CLOCK_MONOTONIC).
    public static func monotonicNs() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Milliseconds since some fixed moment, never set back.
    public static func monotonicMs() -> Int64 { monotonicNs() / 1_000_000 }

    /// Milliseconds since 1970-01-01T00:00:00Z; may jump.
    public static func epochMs() -> Int64 { read(CLOCK_REALTIME) / 1_000_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
