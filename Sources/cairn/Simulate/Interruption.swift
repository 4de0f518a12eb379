import Dispatch
import Foundation

/// SIGINT and SIGTERM as a call instead of a sudden end.
final class Interruption: Sendable {
    // Dispatch's sources may be used on any thread; their protocol does not say so.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// - Parameter handler: called on some thread with 2 or 15, at every such signal while this object lives.
    init(_ handler: @escaping @Sendable (Int32) -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handler(number) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// What a shell reports of a program that such a signal ended.
    static func exitCode(of number: Int32) -> Int32 { 128 + number }
}
