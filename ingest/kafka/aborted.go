package kafka

import (
	"slices"

	"github.com/segmentio/kafka-go/protocol/fetch"
)

// abortedTransactions are those of a fetched stretch: by producer, where each begins, in
// order. A broker names those that reach into what it answers, and answers nothing that is
// not decided (KIP-98).
type abortedTransactions map[int64][]int64

func abortedOf(list []fetch.ResponseTransaction) abortedTransactions {
	t := abortedTransactions{}
	for _, a := range list {
		t[a.ProducerID] = append(t[a.ProducerID], a.FirstOffset)
	}
	for _, firsts := range t {
		slices.Sort(firsts)
	}
	return t
}

// has reports whether a producer's transactional record at an offset was aborted.
func (t abortedTransactions) has(producer, offset int64) bool {
	firsts := t[producer]
	return len(firsts) > 0 && firsts[0] <= offset
}

// end takes note of a producer's marker: the transaction before it ends there.
func (t abortedTransactions) end(producer, marker int64) {
	if t.has(producer, marker) {
		t[producer] = t[producer][1:]
	}
}
