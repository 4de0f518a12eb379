/// Stands for a secret wherever a value is shown.
let mask = "***"

/// A URL without its password: `postgres://cairn:***@db/cairn`.
///
/// A password that should have been percent-encoded may hold any of `@ / ? #`, so everything from the first colon to
/// the last `@` goes: rather too much hidden than too little. libpq also takes passwords as parameters.
func masked(url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    var rest = String(url[scheme.upperBound...])
    if let at = rest.lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":") {
        rest.replaceSubrange(rest.index(after: colon)..<at, with: mask)
    }
    if let query = rest.firstIndex(of: "?") {
        let parameters = rest[rest.index(after: query)...].split(separator: "&", omittingEmptySubsequences: false)
        let shown = parameters.map { parameter in
            let name = parameter.prefix { $0 != "=" }
            // Names may be percent-encoded, too; nobody does that for a good reason.
            let isSecret = isSecretProperty(String(name)) || name.contains("%")
            return isSecret ? "\(name)=\(mask)" : String(parameter)
        }
        rest = rest[...query] + shown.joined(separator: "&")
    }
    return url[..<scheme.upperBound] + rest
}

/// True for a librdkafka setting (or a parameter in a URL) that holds a password or key itself, not only the path of a
/// file with it.
///
/// - Source: librdkafka, the settings it redacts (`_RK_SENSITIVE` in rdkafka_conf.c).
func isSecretProperty(_ name: String) -> Bool {
    let name = name.lowercased()
    if ["password", "passphrase", "secret", "token", "jaas"].contains(where: name.contains) { return true }
    return name.hasSuffix("key.pem") || name == "ssl_key" || name == "sasl.oauthbearer.config"
}

/// A value for a message: in quotes, on one line, not too long, without a password.
func quoted(_ text: String) -> String {
    "\"" + shown(text) + "\""
}

/// At most 80 characters of a text, on one line and without a password.
func shown(_ text: String) -> String {
    let line = singleLine(masked(url: text))
    return line.count <= 80 ? line : line.prefix(77) + "..."
}

/// The text with its control characters escaped, so that a message stays one line and a terminal stays as it is.
func singleLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": line += "\\n"
        case "\r": line += "\\r"
        case "\t": line += "\\t"
        case _ where scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}":
            line += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: line.unicodeScalars.append(scalar)
        }
    }
    return line
}
