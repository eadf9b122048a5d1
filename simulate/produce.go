package simulate

import (
	"context"
	"fmt"
)

// Producer writes values to one topic, a record each, and keeps nothing of them.
type Producer interface {
	Write(ctx context.Context, values [][]byte) error
}

// sendBatch is how many records are handed to a producer at once.
const sendBatch = 10_000

// Produce sends every flow record to one producer and every DNS message to the other,
// without their newlines; a producer that is nil leaves that part out.
func (g *Generator) Produce(ctx context.Context, flows, dns Producer, progress Progress) error {
	if progress == nil {
		progress = func(int, int, int) {}
	}
	sent := 0
	for _, part := range []struct {
		what  string
		to    Producer
		lines func(func([]byte) error) error
	}{{"flows", flows, g.Flows}, {"dns", dns, g.DNS}} {
		if part.to == nil {
			continue
		}
		b := batch{to: part.to}
		err := part.lines(func(line []byte) error {
			b.add(line[:len(line)-1])
			if len(b.ends) < sendBatch {
				return nil
			}
			sent += len(b.ends)
			progress(sent, 0, 0)
			return b.send(ctx)
		})
		if err == nil {
			sent += len(b.ends)
			err = b.send(ctx)
		}
		if err != nil {
			return fmt.Errorf("simulate %s: %w", part.what, err)
		}
	}
	progress(sent, 0, 0)
	return nil
}

// batch collects values in one buffer, because a generator's line does not last.
type batch struct {
	to     Producer
	text   []byte
	ends   []int
	values [][]byte
}

func (b *batch) add(value []byte) {
	b.text = append(b.text, value...)
	b.ends = append(b.ends, len(b.text))
}

// send hands over what is collected and empties the batch.
func (b *batch) send(ctx context.Context) error {
	if len(b.ends) == 0 {
		return nil
	}
	b.values = b.values[:0]
	start := 0
	for _, end := range b.ends {
		b.values = append(b.values, b.text[start:end])
		start = end
	}
	b.text, b.ends = b.text[:0], b.ends[:0]
	return b.to.Write(ctx, b.values)
}
