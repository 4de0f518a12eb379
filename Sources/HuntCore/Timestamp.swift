/// Instants as text and as epoch milliseconds, in the proleptic Gregorian calendar without leap seconds.
///
/// - Source: contracts.md section 1, `scanned_at`; RFC 3339 section 5.6, narrowed there to what a scan may carry.
public enum Timestamp {
    /// 9999-12-31T23:59:59.999Z, the latest instant cairn accepts, epoch milliseconds. The earliest is 0.
    public static let latest: Int64 = 253_402_300_799_999

    private static let msPerDay: Int64 = 86_400_000

    /// Reads `YYYY-MM-DD`, `T` or `t`, `HH:MM:SS`, optionally `.` and 1-9 digits, then `Z`, `z` or `+HH:MM`/`-HH:MM`.
    ///
    /// Digits after the third of the fraction are cut, not rounded.
    ///
    /// - Parameter text: ASCII; nothing may stand before or after the timestamp.
    /// - Returns: epoch milliseconds, `0 ... latest`. nil for anything else: second 60, hour 24, an impossible date, an
    ///   offset beyond 23:59, or an instant that its offset carries out of the range.
    public static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= "YYYY-MM-DDTHH:MM:SSZ".utf8.count,
            let year = number(in: text, at: 0, digits: 4), text[4] == UInt8(ascii: "-"),
            let month = number(in: text, at: 5, digits: 2), text[7] == UInt8(ascii: "-"),
            let day = number(in: text, at: 8, digits: 2), text[10] | 0x20 == UInt8(ascii: "t"),
            let hour = number(in: text, at: 11, digits: 2), text[13] == UInt8(ascii: ":"),
            let minute = number(in: text, at: 14, digits: 2), text[16] == UInt8(ascii: ":"),
            let second = number(in: text, at: 17, digits: 2),
            (1...12).contains(month), day >= 1, day <= daysIn(month: month, of: year),
            hour <= 23, minute <= 59, second <= 59,
            let fraction = fraction(in: text, at: 19),
            let offsetMs = offset(in: text, at: fraction.end)
        else { return nil }
        let seconds = (hour * 60 + minute) * 60 + second
        let local = days(year: year, month: month, day: day) * msPerDay + seconds * 1000 + fraction.ms
        let instant = local - offsetMs
        return (0...latest).contains(instant) ? instant : nil
    }

    /// Writes an instant as `2026-06-12T09:00:00.000Z`, always with three digits of fraction.
    ///
    /// - Parameter ms: epoch milliseconds, any; in `0 ... latest` the text is one `parse` reads back. Outside the years
    ///   0 to 9999 the year has a sign and at least six digits (ECMA-262, expanded years), so that a broker's wildest
    ///   record timestamp can still be shown.
    public static func format(_ ms: Int64) -> String {
        let timeOfDay = (ms % msPerDay + msPerDay) % msPerDay
        // Divided before the difference is taken: `ms - timeOfDay` would overflow at Int64.min.
        let dayNumber = ms / msPerDay - (ms % msPerDay < 0 ? 1 : 0)
        let date = civil(fromDays: dayNumber)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        if (0...9999).contains(date.year) {
            append(date.year, digits: 4, to: &text)
        } else {
            text.append(UInt8(ascii: date.year < 0 ? "-" : "+"))
            append(abs(date.year), digits: 6, to: &text)
        }
        let parts: [(separator: Unicode.Scalar, number: Int64, digits: Int)] = [
            ("-", date.month, 2), ("-", date.day, 2), ("T", timeOfDay / 3_600_000, 2),
            (":", timeOfDay / 60_000 % 60, 2), (":", timeOfDay / 1000 % 60, 2), (".", timeOfDay % 1000, 3),
        ]
        for part in parts {
            text.append(UInt8(ascii: part.separator))
            append(part.number, digits: part.digits, to: &text)
        }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }
}

// MARK: - Parts of the text

extension Timestamp {
    /// nil when one of the bytes is no digit. The caller has made sure that they exist.
    private static func number(in text: UnsafeRawBufferPointer, at start: Int, digits: Int) -> Int64? {
        var number: Int64 = 0
        for position in start..<(start + digits) {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number * 10 + Int64(digit)
        }
        return number
    }

    /// The optional fraction: its milliseconds, and where the offset begins.
    private static func fraction(in text: UnsafeRawBufferPointer, at start: Int) -> (ms: Int64, end: Int)? {
        guard text[start] == UInt8(ascii: ".") else { return (0, start) }
        var ms: Int64 = 0
        var weight: Int64 = 100
        var position = start + 1
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            ms += Int64(digit) * weight
            weight /= 10
            position += 1
        }
        return (1...9).contains(position - start - 1) ? (ms, position) : nil
    }

    /// How far local time is ahead of UTC, in milliseconds. The offset must be all that is left of the text.
    private static func offset(in text: UnsafeRawBufferPointer, at start: Int) -> Int64? {
        guard start < text.count else { return nil }
        if text[start] | 0x20 == UInt8(ascii: "z") { return start + 1 == text.count ? 0 : nil }
        let isAhead = text[start] == UInt8(ascii: "+")
        guard isAhead || text[start] == UInt8(ascii: "-"), start + 6 == text.count,
            let hours = number(in: text, at: start + 1, digits: 2), text[start + 3] == UInt8(ascii: ":"),
            let minutes = number(in: text, at: start + 4, digits: 2), hours <= 23, minutes <= 59
        else { return nil }
        let ms = (hours * 60 + minutes) * 60_000
        return isAhead ? ms : -ms
    }

    private static func append(_ number: Int64, digits: Int, to text: inout [UInt8]) {
        let decimal = String(number).utf8
        for _ in 0..<max(0, digits - decimal.count) { text.append(UInt8(ascii: "0")) }
        text.append(contentsOf: decimal)
    }
}

// MARK: - Calendar

extension Timestamp {
    private static func daysIn(month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date, negative before it. Years begin in March here, so that the leap day is their
    /// last one, and an era is 400 years.
    ///
    /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The reverse of `days(year:month:day:)`.
    ///
    /// - Source: as there, civil_from_days.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
