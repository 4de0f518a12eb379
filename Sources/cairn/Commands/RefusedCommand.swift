import ArgumentParser
import HuntCore
import Reactor
import Storage

struct RefusedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refused", abstract: "Counts refused scans by reason, or lists those that were kept.",
        discussion: """
            Without options: how many scans were refused for each reason, and when the latest. With --hunt, --reason \
            or --limit: the kept scans, newest first. Of each reason, partition and hour the first 1,000 are kept, \
            with the first 1 KiB of the value; a value cut there is no JSON any more, so --hunt does not find it.

              cairn refused
              cairn refused --reason malformed --limit 5
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var format: FormatOption
    @Option(help: "Only scans whose JSON names this hunt.")
    var hunt: String?
    @Option(help: ArgumentHelp("Only this reason: \(Self.reasons)."))
    var reason: String?
    @Option(help: "How many scans to list at most (default: 50).")
    var limit: Int?

    private static let limitByDefault = 50
    private static let reasons = RefusalReason.allCases.map(\.name).joined(separator: ", ")

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is 0 or more") }
        if let reason, !RefusalReason.allCases.contains(where: { $0.name == reason }) {
            throw ValidationError("there is no reason \(reason): it is one of \(Self.reasons)")
        }
    }

    @Reactor
    func run() async throws {
        let listing = try await Database.with(try shared.settings()) { database in
            let report = RefusalReport(pool: database.pool)
            return hunt == nil && reason == nil && limit == nil ? try await summary(report) : try await scans(report)
        }
        listing.print(as: format.format)
    }

    @Reactor
    private func summary(_ report: RefusalReport) async throws -> Listing {
        var listing = Listing("reason", "count", "latest")
        listing.rows = try await report.summary().map { [.text($0.reason), .integer($0.count), Cell(time: $0.latest)] }
        return listing
    }

    @Reactor
    private func scans(_ report: RefusalReport) async throws -> Listing {
        let scans = try await report.scans(reason: reason, limit: limit ?? Self.limitByDefault) { scan in
            hunt == nil || scan.value.flatMap(RefusedValue.hunt(namedBy:)) == hunt
        }
        var listing = Listing("topic", "partition", "offset", "reason", "detail", "received_at", "value")
        listing.rows = scans.map { scan in
            [
                .text(scan.topic), .integer(Int64(scan.partition)), .integer(scan.offset), .text(scan.reason),
                .text(scan.detail), Cell(time: scan.receivedAt), Cell(text: scan.value.map(Self.printable)),
            ]
        }
        return listing
    }

    /// Text that no terminal obeys: what is not a printable character of UTF-8 is shown as `\xHH`, byte by byte.
    static func printable(_ bytes: [UInt8]) -> String {
        var text = ""
        var rest = bytes[...]
        while let byte = rest.first {
            if let scalar = leadingScalar(of: rest), isPrintable(scalar) {
                text.unicodeScalars.append(scalar)
                rest = rest.dropFirst(String(scalar).utf8.count)
            } else {
                let digits = String(byte, radix: 16)
                text += "\\x" + (byte < 16 ? "0" : "") + digits
                rest = rest.dropFirst()
            }
        }
        return text
    }

    private static func leadingScalar(of bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        var decoder = UTF8()
        var iterator = bytes.prefix(4).makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return nil
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
