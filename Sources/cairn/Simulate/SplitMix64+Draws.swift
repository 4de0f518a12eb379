import FlowCore

/// The draws of a simulated hunt.
extension SplitMix64 {
    /// `0 ..< bound`. Its bias is below 2^-32 for the bounds used here.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True in `perMille` of 1,000 cases.
    mutating func chance(perMille: Int) -> Bool { below(1_000) < perMille }

    /// `0 ..< 1`, evenly: 53 random bits, as many as a `Double` holds.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
