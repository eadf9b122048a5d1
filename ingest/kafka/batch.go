package kafka

import (
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Message is one record of a partition.
type Message struct {
	Offset int64
	Time   time.Time
	Value  []byte
}

// Messages are all records of one range of a partition's offsets. Offsets are not
// dense: compaction and transaction markers leave holes. Records and values are valid
// until the handler returns.
type Messages struct {
	Topic       string
	Partition   int32
	First, Next int64 // offsets, First inclusive, Next exclusive
	Records     []Message
}

// batch collects the records of a range in borrowed chunks.
type batch struct {
	first   int64
	began   time.Time
	records []Message
	bytes   int
	held    [][]byte // the last one has room
}

// room reports whether n more bytes fit into what is held. A record that is larger
// than a chunk fits into an empty one, which grows.
func (b *batch) room(n int) bool {
	if len(b.held) == 0 {
		return false
	}
	last := b.held[len(b.held)-1]
	return len(last) == 0 || len(last)+n <= cap(last)
}

// add copies a record.
func (b *batch) add(rec *kafkago.Record, size int) error {
	if len(b.records) == 0 {
		b.began = time.Now()
	}
	last := &b.held[len(b.held)-1]
	start := len(*last)
	if start+size > cap(*last) {
		*last = make([]byte, 0, size)
	}
	*last = (*last)[:start+size]
	value := (*last)[start : start+size : start+size]
	if size > 0 {
		if _, err := io.ReadFull(rec.Value, value); err != nil {
			return err
		}
	}
	b.records = append(b.records, Message{Offset: rec.Offset, Time: rec.Time, Value: value})
	b.bytes += size
	return nil
}

// empty gives the chunks back and begins a range at first.
func (b *batch) empty(from *chunks, first int64) {
	for _, c := range b.held {
		from.give(c)
	}
	*b = batch{first: first, records: b.records[:0], held: b.held[:0]}
}
