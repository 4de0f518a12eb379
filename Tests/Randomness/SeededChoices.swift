import FlowCore

/// The generator of every test: its whole state is its seed, so that a failing case can be run again.
public typealias SplitMix64 = FlowCore.SplitMix64

extension RandomNumberGenerator {
    /// A number of `0 ..< bound`.
    public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// True this many times in a hundred, on average.
    public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// True once in `times` calls, on average.
    public mutating func once(in times: Int) -> Bool { below(times) == 0 }

    /// One of `elements`, which are not empty.
    public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
