package load

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/banshift/banshift/schemas/statements"
)

// Contents says what there is to ask about.
type Contents struct {
	// Records were counted in usage; InCountry of them have a country, Named ones a tool or service.
	Records, InCountry, Named uint64
	// Countries are those of the records, in order.
	Countries []string
	// First and Last are the first and last day (2006-01-02); empty where there are no records.
	First, Last string
}

// Contents looks at what the store holds, to tell why an answer is empty.
func (s *Store) Contents(ctx context.Context) (Contents, error) {
	var c Contents
	err := s.conn.QueryRow(ctx, statements.Contents).
		Scan(&c.Records, &c.InCountry, &c.Named, &c.Countries, &c.First, &c.Last)
	if err != nil {
		return c, explain(s.name, fmt.Errorf("contents: %w", err))
	}
	return c, nil
}

// Recognised gives the tools and services that the store has verdicts about, in order.
func (s *Store) Recognised(ctx context.Context) (tools, services []string, err error) {
	names, err := s.verdictNames(ctx)
	if err != nil {
		return nil, nil, explain(s.name, fmt.Errorf("names of verdicts: %w", err))
	}
	isTool, isService := map[string]bool{}, map[string]bool{}
	for _, n := range names {
		isTool[n.Tool], isService[n.Service] = true, true
	}
	delete(isTool, "")
	delete(isService, "")
	return slices.Sorted(maps.Keys(isTool)), slices.Sorted(maps.Keys(isService)), nil
}

// Rejected gives the positions of a source's rejected records in a partition, in order.
func (s *Store) Rejected(ctx context.Context, source string, partition int32) ([]int64, error) {
	offsets, err := awaited(ctx, s, itself[int64], statements.RejectedPositions, source, partition)
	if err != nil {
		return nil, explain(s.name, fmt.Errorf("rejects of %s: %w", source, err))
	}
	return offsets, nil
}
