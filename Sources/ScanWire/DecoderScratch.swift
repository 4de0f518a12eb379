/// The memory a decoder keeps: which alphabets each byte belongs to, and room for the fields that had escapes.
struct DecoderScratch: ~Copyable {
    private static let alphabetBytes = 256
    /// Four fields are handed out together; the fifth slot is for what is used up at once.
    private static let slots = 5

    private let memory: UnsafeMutableRawPointer

    init() {
        memory = .allocate(byteCount: Self.alphabetBytes + Self.slots * Field.bytesMax, alignment: 64)
        for byte in UInt8.min...UInt8.max {
            memory.storeBytes(of: FieldAlphabet(containing: byte).rawValue, toByteOffset: Int(byte), as: UInt8.self)
        }
    }

    deinit { memory.deallocate() }

    /// Room for `Field.bytesMax` bytes of a field's value, kept until the field is unescaped again.
    func slot(of field: Field) -> UnsafeMutableRawPointer {
        let index =
            switch field {
            case .eventID: 0
            case .hunt: 1
            case .player: 2
            case .reader: 3
            case .tag, .scannedAt: 4
            }
        return memory + (Self.alphabetBytes + index * Field.bytesMax)
    }

    /// Room for `Field.bytesMax` bytes that are looked at and forgotten.
    var passingSlot: UnsafeMutableRawPointer { slot(of: .tag) }

    @inline(__always)
    func contains(_ byte: UInt8, in alphabet: FieldAlphabet) -> Bool {
        memory.load(fromByteOffset: Int(byte), as: UInt8.self) & alphabet.rawValue != 0
    }
}
