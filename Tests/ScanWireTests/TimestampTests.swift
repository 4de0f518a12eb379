import HuntCore
import Randomness
import Testing

private func parse(_ text: String) -> Int64? {
    let bytes = ExactBytes(Array(text.utf8))
    return bytes.buffer.flatMap(Timestamp.parse)
}

@Suite("timestamps")
struct TimestampTests {
    @Test(
        "known instants are read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001z", 1), ("2001-09-09t01:46:40Z", 1_000_000_000_000),
            ("2026-06-12T09:00:00Z", 1_781_254_800_000), ("2000-02-29T12:00:00.5Z", 951_825_600_500),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func known(text: String, ms: Int64) {
        #expect(parse(text) == ms)
    }

    @Test("digits after the third of the fraction are cut, missing ones are 0")
    func fraction() {
        let cases: [(String, Int64)] = [
            (".1", 100), (".12", 120), (".123", 123), (".1239", 123), (".999999999", 999), (".0009", 0),
            (".000000001", 0), ("", 0),
        ]
        for (fraction, ms) in cases { #expect(parse("1970-01-01T00:00:00\(fraction)Z") == ms) }
        for fraction in [".", ".1234567890", ",5", ".-1", ". 1"] {
            #expect(parse("1970-01-01T00:00:00\(fraction)Z") == nil)
        }
    }

    @Test("an offset is how far local time is ahead of UTC")
    func offsets() {
        #expect(parse("1970-01-01T02:00:00+02:00") == 0)
        #expect(parse("1969-12-31T18:30:00-05:30") == 0)
        #expect(parse("1970-01-01T00:00:00-00:00") == 0)
        #expect(parse("1970-01-01T23:59:00+23:59") == 0)
        #expect(parse("1969-12-31T00:01:00.25-23:59") == 250)
        for offset in [
            "", "+24:00", "+00:60", "+0000", "+00", "+0:00", "00:00", "Z0", "ZZ", "+00:00Z", " Z", "+00:0", "+00:000",
            "~00:00",
        ] {
            #expect(parse("1970-01-02T00:00:00\(offset)") == nil)
        }
    }

    @Test("an offset that carries the instant out of the range makes it none")
    func outOfRange() {
        #expect(parse("1970-01-01T00:00:00+00:01") == nil)
        #expect(parse("1969-12-31T23:59:59.999999999Z") == nil)
        #expect(parse("9999-12-31T23:59:59-00:01") == nil)
        #expect(parse("9999-12-31T23:58:59.999-00:01") == Timestamp.latest)
        #expect(parse("0000-01-01T00:00:00Z") == nil)
    }

    @Test("leap years are those of the Gregorian calendar")
    func leapYears() {
        for year in [1972, 2000, 2024, 2096, 2400, 9996] { #expect(parse("\(year)-02-29T00:00:00Z") != nil) }
        for year in [1970, 2023, 2100, 2200, 2300, 9900] { #expect(parse("\(year)-02-29T00:00:00Z") == nil) }
    }

    @Test(
        "an impossible date or time is none",
        arguments: [
            "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-06-31T00:00:00Z", "2026-09-31T00:00:00Z", "2026-11-31T00:00:00Z", "2024-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2016-12-31T23:59:60Z", "2026-01-01T99:00:00Z",
        ])
    func impossible(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(
        "text in another form is none",
        arguments: [
            "", "Z", "2026-06-12", "2026-06-12T09:00Z", "2026-06-12 09:00:00Z", "2026-06-12_09:00:00Z",
            "2026-06-12T09:00:00", "20260612T090000Z",
            "26-06-12T09:00:00Z", "+2026-06-12T09:00:00Z", " 2026-06-12T09:00:00Z", "2026-06-12T09:00:00Z ",
            "2026-6-12T09:00:00Z",
            "2026/06/12T09:00:00Z", "2026-06-12T09.00.00Z", "2026-06-12T0９:00:00Z", "2026-06-12T09:00:00.000",
            "2026-06-12T09:00:00.000+",
            "2026-W24-5T09:00:00Z", "2026-06-12\u{34}09:00:00Z", "-026-06-12T09:00:00Z",
        ])
    func otherForm(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("every day from 1970 to 9999 is the day after the one before, both ways")
    func everyDay() {
        var day: Int64 = 0
        let monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for year in 1970...9999 {
            let isLeap = year % 400 == 0 || year % 4 == 0 && year % 100 != 0
            for month in 1...12 {
                let length = monthDays[month - 1] + (isLeap && month == 2 ? 1 : 0)
                // First and last day of every month; the days between follow from these.
                for dayOfMonth in [1, length] {
                    let ms = (day + Int64(dayOfMonth) - 1) * 86_400_000
                    guard sampled(year) else { continue }
                    let text = "\(year)-\(padded(month))-\(padded(dayOfMonth))T00:00:00.000Z"
                    if Timestamp.format(ms) != text || parse(text) != ms { Issue.record("\(text) is not \(ms)") }
                }
                day += Int64(length)
            }
        }
        #expect(day * 86_400_000 - 1 == Timestamp.latest)
    }

    /// Every year near now and near a turn of a century: the rest would only take time.
    private func sampled(_ year: Int) -> Bool { year < 2110 || year % 100 <= 1 || year % 100 == 99 }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    @Test(
        "an instant is written with three digits of fraction and read back",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
            (1_781_254_800_000, "2026-06-12T09:00:00.000Z"),
            (951_825_599_990, "2000-02-29T11:59:59.990Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func format(ms: Int64, text: String) {
        #expect(Timestamp.format(ms) == text)
        #expect(parse(text) == ms)
    }

    @Test(
        "instants that cairn accepts nowhere are still written",
        arguments: [
            (-1, "1969-12-31T23:59:59.999Z"), (-86_400_000, "1969-12-31T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"), (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (.max, "+292278994-08-17T07:12:55.807Z"), (.min, "-292275055-05-16T16:47:04.192Z"),
        ] as [(Int64, String)])
    func formatAnything(ms: Int64, text: String) {
        #expect(Timestamp.format(ms) == text)
    }

    @Test("random text of the right letters is read as counting days reads it")
    func againstCounting() {
        var random = SplitMix64(seed: 5)
        let alphabet = Array("0123456789-:.TZtz+ ".utf8)
        for _ in 0..<4_000 {
            let year = random.once(in: 2) ? 1969 + random.below(3) : 1968 + random.below(8032)
            let parts = (0..<5).map { _ in padded(random.below(random.once(in: 6) ? 62 : 13)) }
            let fraction = random.once(in: 2) ? ".\(random.below(2_000_000))" : ""
            let zone = random.pick(["Z", "z", "+\(parts[0]):\(parts[1])", "-\(parts[2]):\(parts[3])"])
            var text = Array(
                "\(year)-\(parts[0])-\(parts[1])T\(parts[2]):\(parts[3]):\(parts[4])\(fraction)\(zone)".utf8)
            if random.once(in: 4) { text[random.below(text.count)] = random.pick(alphabet) }
            let string = String(decoding: text, as: UTF8.self)
            if parse(string) != ReferenceTime.parse(string) {
                Issue.record("\(string): \(String(describing: parse(string)))")
            }
        }
    }
}
