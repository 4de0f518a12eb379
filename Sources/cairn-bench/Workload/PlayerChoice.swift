import FlowCore
import Foundation

/// Which player scans next: all alike, or a few much more than the rest.
struct PlayerChoice {
    private let players: Int
    /// The share of players up to and including this one; empty when all are alike.
    private let cumulative: [Double]

    /// - Parameter exponent: player k comes with a weight of 1 / (k + 1) ^ exponent; 0 makes all alike.
    init(players: Int, exponent: Double) {
        self.players = players
        guard exponent > 0 else {
            cumulative = []
            return
        }
        var sum = 0.0
        let sums = (0..<players).map { player in
            sum += pow(Double(player + 1), -exponent)
            return sum
        }
        cumulative = sums.map { $0 / sum }
    }

    /// `0 ..< players`
    func next(_ random: inout SplitMix64) -> Int {
        if cumulative.isEmpty { return random.below(players) }
        let draw = Double(random.next() >> 11) / Double(1 << 53)
        var low = 0
        var high = players - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] <= draw { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SplitMix64 {
    /// `0 ..< bound`. Its bias is below 2^-32 for the bounds used here.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
