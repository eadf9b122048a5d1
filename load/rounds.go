package load

import (
	"context"
	"fmt"
	"math"

	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/schemas/statements"
)

// PartitionJoined has the rounds of a topic whose partitions are read as one: round n is its
// range n to n+1. No topic has a partition of this number.
const PartitionJoined = math.MaxInt32

// RoundPart is what a round of a topic has of one partition.
type RoundPart struct {
	Partition int32
	position.Range
}

// roundParts is how many parts a round may have.
const roundParts = 1 << 32

// NoteRound writes down what a round is made of. The round is known once its own batch was begun.
func (s *Store) NoteRound(ctx context.Context, source string, round int64, parts []RoundPart) error {
	for i, p := range parts {
		first := round*roundParts + int64(i)
		err := s.Write(ctx, Batch{
			Source: source, Partition: PartitionRounds, First: first, Next: first + 1, Clock: int64(p.Partition), Window: p.Range,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Round gives what a round is made of, in the order in which it was noted.
func (s *Store) Round(ctx context.Context, source string, round int64) ([]RoundPart, error) {
	into := func(p *RoundPart) []any { return []any{&p.Partition, &p.First, &p.Next} }
	parts, err := awaited(ctx, s, into, statements.RoundParts, source, round*roundParts, (round+1)*roundParts)
	if err != nil {
		return nil, explain(s.name, fmt.Errorf("round %d of %s: %w", round, source, err))
	}
	return parts, nil
}

// NextRound gives a number under which no round was noted.
func (s *Store) NextRound(ctx context.Context, source string) (int64, error) {
	noted, err := s.Known(ctx, source, PartitionRounds)
	if err != nil || len(noted.Done) == 0 {
		return 0, err
	}
	return (noted.Done[len(noted.Done)-1].Next-1)/roundParts + 1, nil
}

// IsJoined reports whether a program has ever read the partitions of a topic as one.
func (s *Store) IsJoined(ctx context.Context, source string) (bool, error) {
	epoch, _, err := s.latest(ctx, partitionOf{source, PartitionJoined})
	return epoch > 0, explain(s.name, err)
}
