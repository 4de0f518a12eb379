import Foundation
import HuntCore

/// A value of a listing.
enum Cell {
    case text(String)
    case integer(Int64)
    /// Epoch milliseconds, shown as RFC 3339.
    case time(Int64)
    /// Several texts: an array in JSON, words with spaces between them elsewhere.
    case list([String])
    case none

    init(time: Int64?) { self = time.map { .time($0) } ?? .none }
    init(integer: Int64?) { self = integer.map { .integer($0) } ?? .none }
    init(text: String?) { self = text.map { .text($0) } ?? .none }

    /// For people and for CSV.
    var plain: String {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .time(let ms): Timestamp.format(ms)
        case .list(let texts): texts.joined(separator: " ")
        case .none: ""
        }
    }
}

/// Rows with named columns, printed as a table, as a JSON array of objects or as CSV (RFC 4180).
struct Listing {
    let columns: [String]
    var rows: [[Cell]] = []

    init(_ columns: String...) { self.columns = columns }
    init(columns: [String]) { self.columns = columns }

    func print(as format: ListFormat) {
        switch format {
        case .table: printTable()
        case .json: printJSON()
        case .csv: printCSV()
        }
    }

    private func printTable() {
        let texts = rows.map { $0.map { $0.plain.filter { !$0.isNewline } } }
        let widths = columns.indices.map { column in
            max(columns[column].count, texts.map { $0[column].count }.max() ?? 0)
        }
        let isNumber = columns.indices.map { column in
            !rows.isEmpty
                && rows.allSatisfy {
                    switch $0[column] {
                    case .integer, .none: true
                    default: false
                    }
                }
        }
        for line in [columns] + texts {
            let cells = columns.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - line[column].count)
                return isNumber[column] ? padding + line[column] : line[column] + padding
            }
            Output.line(cells.joined(separator: "  ").trimmingSuffix(" "))
        }
    }

    private func printJSON() {
        Output.line("[")
        for (number, row) in rows.enumerated() {
            Output.line("  \(jsonObject(row))\(number + 1 < rows.count ? "," : "")")
        }
        Output.line("]")
    }

    private func printCSV() {
        for line in [columns] + rows.map({ $0.map(\.plain) }) {
            let cells = line.map { cell in
                cell.contains { ",\"\r\n".contains($0) }
                    ? "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : cell
            }
            Output.line(cells.joined(separator: ","))
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}
