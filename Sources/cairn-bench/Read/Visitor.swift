/// Somebody with questions, of whom one is asked at a time.
struct Visitor {
    /// -1 while it has no connection.
    var descriptor: Int32 = -1
    var reader = AnswerReader()
    /// Bytes of the question that the socket took.
    var sent = 0
    /// When the question was due, monotonic nanoseconds.
    private(set) var dueNs: Int64 = 0
    private(set) var isKept = false
    private(set) var isAsking = false
    private var questions: [ReadQuestion] = []
    private var place = 0
    private var request: [UInt8] = []

    var question: ReadQuestion { questions[place] }
    /// The one that is asked included.
    var questionsLeft: Int { questions.count - place }
    var unsent: ArraySlice<UInt8> { request[sent...] }

    mutating func begin(_ questions: [ReadQuestion], dueNs: Int64, isKept: Bool) {
        self.questions = questions
        self.isKept = isKept
        place = -1
        isAsking = true
        _ = next(dueNs: dueNs)
    }

    /// Goes on with the next question.
    ///
    /// - Returns: false when there is none.
    mutating func next(dueNs: Int64) -> Bool {
        place += 1
        guard place < questions.count else { return false }
        self.dueNs = dueNs
        request = question.request
        sent = 0
        return true
    }

    mutating func end() {
        isAsking = false
        questions = []
        place = 0
        request = []
        sent = 0
    }
}
