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

// Messages are records of one range of a partition's offsets, in order: all of them, or
// a part. Offsets are not dense: compaction and transaction markers leave holes. Records
// and values are valid until the call returns.
type Messages struct {
	Topic     string
	Partition int32
	First     int64 // offset at which the range begins, inclusive
	Records   []Message
	// Ends: these are the last records of the range, which ends at Next, exclusive.
	Ends bool
	Next int64
}

// partBytes is how much of a range is handed on at once.
const partBytes = 1 << 20

// part collects records of the range that begins at first.
type part struct {
	first   int64
	began   time.Time // when the range got its first record; zero: it has none yet
	records []Message
	buffer  []byte
}

// begin empties the part for the range that begins at first.
func (p *part) begin(first int64) {
	*p = part{first: first, records: p.records[:0], buffer: p.buffer[:0]}
}

// handed empties the part for the rest of its range.
func (p *part) handed() { p.records, p.buffer = p.records[:0], p.buffer[:0] }

// room reports whether n more bytes fit. A record that is larger than a part fits into an empty one.
func (p *part) room(n int) bool { return len(p.records) == 0 || len(p.buffer)+n <= cap(p.buffer) }

// add copies a record.
func (p *part) add(rec *kafkago.Record, size int) error {
	if p.began.IsZero() {
		p.began = time.Now()
	}
	start := len(p.buffer)
	if start+size > cap(p.buffer) {
		p.buffer = make([]byte, start, max(partBytes, size))
	}
	p.buffer = p.buffer[:start+size]
	value := p.buffer[start : start+size : start+size]
	if size > 0 {
		if _, err := io.ReadFull(rec.Value, value); err != nil {
			return err
		}
	}
	p.records = append(p.records, Message{Offset: rec.Offset, Time: rec.Time, Value: value})
	return nil
}
