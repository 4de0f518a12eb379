import Foundation
import Yams

/// docs/openapi.yaml, as far as tests read it.
struct OpenAPI {
    let root: [String: Any]

    init() throws {
        let path = Self.repository + "/docs/openapi.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let root = try Yams.load(yaml: text) as? [String: Any] else { throw ClientFailure("no mapping: \(path)") }
        self.root = root
    }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Operations by path and method in lower case.
    var operations: [String: [String: [String: Any]]] {
        (root["paths"] as? [String: [String: Any]] ?? [:]).mapValues { item in
            item.filter { ["get", "head", "post", "put", "delete", "patch"].contains($0.key) }
                .compactMapValues { $0 as? [String: Any] }
        }
    }

    /// What a `$ref` leads to, or the value itself.
    func resolved(_ value: Any?) -> [String: Any] {
        guard let object = value as? [String: Any] else { return [:] }
        guard let reference = object["$ref"] as? String else { return object }
        var place: Any? = root
        for name in reference.dropFirst(2).split(separator: "/") { place = (place as? [String: Any])?[String(name)] }
        return resolved(place)
    }

    /// The schema and the example of a response's content.
    func content(of response: Any?, _ type: String) -> (schema: [String: Any], example: Any?)? {
        guard let content = resolved(response)["content"] as? [String: Any], let media = content[type] as? [String: Any]
        else { return nil }
        return (resolved(media["schema"]), media["example"])
    }

    /// What is wrong with a value by a schema; of JSON Schema those words that the document uses.
    func faults(of value: Any, in schema: [String: Any], at place: String = "$") -> [String] {
        let schema = resolved(schema)
        var faults: [String] = []
        let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] } ?? []
        if !types.contains(where: { Self.is(value, $0) }) { return ["\(place): \(value) is none of \(types)"] }
        if let choices = schema["enum"] as? [String], !choices.contains("\(value)") {
            faults.append("\(place): \(value)")
        }
        if let text = value as? String, let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            faults.append("\(place): \(text) does not fit \(pattern)")
        }
        if let minimum = schema["minimum"] as? Int, let number = value as? Int, number < minimum {
            faults.append("\(place): \(number) is below \(minimum)")
        }
        if let items = value as? [Any] {
            for (number, item) in items.enumerated() {
                faults += self.faults(of: item, in: resolved(schema["items"]), at: "\(place)[\(number)]")
            }
        }
        if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: Any] ?? [:]
            for name in schema["required"] as? [String] ?? [] where object[name] == nil {
                faults.append("\(place): \(name) is missing")
            }
            for (name, member) in object {
                guard let property = properties[name] else {
                    faults.append("\(place): \(name) is not described")
                    continue
                }
                faults += self.faults(of: member, in: resolved(property), at: "\(place).\(name)")
            }
        }
        return faults
    }

    private static func `is`(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "integer": value is Int
        case "null": value is NSNull
        default: false
        }
    }
}
