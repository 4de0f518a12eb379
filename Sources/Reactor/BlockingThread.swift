import Dispatch

/// Where blocking C calls run. They are rare (a resolver, a watermark query), so the system's pool is enough.
enum BlockingThread {
    static func run(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async(execute: work)
    }
}
