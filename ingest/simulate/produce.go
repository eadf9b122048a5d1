package simulate

import (
	"context"
	"fmt"
)

// Producer takes messages for a broker. Produce must copy what it keeps of key and value
// before it returns; Flush returns when all that was produced is acknowledged.
type Producer interface {
	Produce(ctx context.Context, topic string, key, value []byte) error
	Flush(ctx context.Context) error
}

// Produce sends every flow record to one topic and every DNS message to the other, without
// their newlines and without keys; an empty topic leaves that part out.
func (g *Generator) Produce(ctx context.Context, p Producer, flowTopic, dnsTopic string, progress Progress) error {
	if progress == nil {
		progress = func(int, int, int) {}
	}
	records := 0
	send := func(topic string) func([]byte) error {
		return func(line []byte) error {
			if records++; records&0xfff == 0 {
				progress(records, 0, 0)
			}
			return p.Produce(ctx, topic, nil, line[:len(line)-1])
		}
	}
	if flowTopic != "" {
		if err := g.Flows(send(flowTopic)); err != nil {
			return fmt.Errorf("simulate flows to topic %s: %w", flowTopic, err)
		}
	}
	if dnsTopic != "" {
		if err := g.DNS(send(dnsTopic)); err != nil {
			return fmt.Errorf("simulate dns to topic %s: %w", dnsTopic, err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	progress(records, 0, 0)
	return nil
}
