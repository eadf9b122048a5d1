package load

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/schemas/statements"
)

// Recognise gives the name under which a source is stored: kept, unless the ledger has it
// as given, from before names were kept without addresses, or has its content under
// another key, which made another name of it.
func (s *Store) Recognise(ctx context.Context, given, kept, keyID string) (string, error) {
	if given == kept {
		return kept, nil
	}
	fingerprint := ""
	if i := strings.LastIndexByte(kept, ':'); strings.HasPrefix(kept, "file:") && i > 0 {
		fingerprint = kept[i:]
	}
	params := clickhouse.Parameters{"given": given, "kept": kept, "fingerprint": fingerprint}
	type same struct{ name, key string }
	stored, err := awaited(clickhouse.Context(ctx, clickhouse.WithParameters(params)), s, func(r *same) []any { return []any{&r.name, &r.key} }, statements.SameFile)
	if err != nil {
		return "", explain(s.name, fmt.Errorf("ledger: %w", err))
	}
	for _, r := range stored {
		if r.name == kept || r.name == given || r.key != "" && r.key != keyID {
			return r.name, nil
		}
	}
	return kept, nil
}

// Exporters lists the names of sensors that the store has.
func (s *Store) Exporters(ctx context.Context) (map[string]bool, error) {
	names, err := awaited(ctx, s, itself[string], statements.KnownExporters)
	if err != nil {
		return nil, explain(s.name, fmt.Errorf("sensors: %w", err))
	}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return known, nil
}

// Incarnation gives the name under which a topic is stored that has a name and an id. The first that is read
// under a name has that as it is, and its id is noted; one that was made again later has its id in its name.
func (s *Store) Incarnation(ctx context.Context, topic, id string) (string, error) {
	if id == "" {
		return topic, nil
	}
	sum := sha256.Sum256([]byte(id))
	note := int64(binary.BigEndian.Uint64(sum[:]) >> 2)
	for range leaseTries {
		first, err := awaited(ctx, s, itself[int64], statements.FirstIncarnation, topic)
		switch {
		case err != nil:
			return "", explain(s.name, fmt.Errorf("ledger: %w", err))
		case slices.Contains(first, note):
			return topic, nil
		case len(first) > 0:
			return topic + "#" + id, nil
		}
		// Another program may note it at the same time: whoever loses the lease looks again.
		b := Batch{Source: topic, Partition: PartitionFirst, First: note, Next: note + 1}
		if err := s.Lease(ctx, topic, b.of().partition); err != nil {
			return "", err
		}
		err = s.Write(ctx, b)
		if err == nil {
			return topic, nil
		}
		if !errors.Is(err, ErrLease) {
			return "", err
		}
	}
	return "", fmt.Errorf("id of %s: %w, %d times in a row", topic, ErrLease, leaseTries)
}
