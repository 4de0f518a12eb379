/// Memory in which the rows of a batch are put in order, kept for the next batch.
struct RowOrder {
    struct Score {
        /// The first eight bytes of the player's id, which decide nearly always.
        let prefix: UInt64
        let huntID: Int32
        let row: Int32
    }

    struct Fact {
        let key: UInt64
        let row: Int32
    }

    var scores: [Score] = []
    var facts: [Fact] = []
}

extension ScoreMachine {
    /// Rows sorted by key make calls lock in one order; unique rows make an upsert legal. Of two facts of one
    /// checkpoint the later in the batch is the better.
    func sortRows(of call: FlushCall) {
        order.scores.removeAll(keepingCapacity: true)
        let scores = call.scores
        for row in scores.indices {
            order.scores.append(
                RowOrder.Score(prefix: scores[row].key.words[0], huntID: scores[row].key.huntID, row: Int32(row)))
        }
        order.scores.sort { left, right in
            if left.huntID != right.huntID { return left.huntID < right.huntID }
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return scores[Int(left.row)].key < scores[Int(right.row)].key
        }
        call.scores = order.scores.map { scores[Int($0.row)] }
        for (rank, score) in call.scores.enumerated() { players.state(score.slot).pointee.row = Int32(rank) }

        order.facts.removeAll(keepingCapacity: true)
        for row in call.facts.indices {
            let score = players.state(call.facts[row].slot).pointee.row
            call.facts[row].score = score
            let checkpoint = UInt32(bitPattern: call.facts[row].checkpointID)
            let key = UInt64(UInt32(bitPattern: score)) << 32 | UInt64(checkpoint)
            order.facts.append(RowOrder.Fact(key: key, row: Int32(row)))
        }
        order.facts.sort { $0.key != $1.key ? $0.key < $1.key : $0.row > $1.row }
        let facts = call.facts
        var previous: UInt64?
        call.facts.removeAll(keepingCapacity: true)
        for entry in order.facts {
            if entry.key == previous {
                // What the batch found first and then earlier is new all the same.
                if facts[Int(entry.row)].isNew { call.facts[call.facts.count - 1].isNew = true }
                continue
            }
            call.facts.append(facts[Int(entry.row)])
            previous = entry.key
        }
    }
}
