import Foundation
import NIOCore

/// Why an address cannot be served, and what to do.
enum WhyNotServed {
    static func text(_ error: any Error) -> String {
        let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
        return (isTaken ? "is taken" : "cannot be served (\(error))")
            + ": choose another address, or port 0 for any free one"
    }
}
