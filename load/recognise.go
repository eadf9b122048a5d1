package load

import (
	"context"
	"fmt"
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
	rows, err := s.conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(params)), statements.SameFile)
	if err != nil {
		return "", explain(s.name, fmt.Errorf("ledger: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var name, key string
		if err := rows.Scan(&name, &key); err != nil {
			return "", explain(s.name, fmt.Errorf("ledger: %w", err))
		}
		if name == kept || name == given || key != "" && key != keyID {
			return name, nil
		}
	}
	return kept, rows.Err()
}

// Exporters lists the names of sensors that the store has.
func (s *Store) Exporters(ctx context.Context) (map[string]bool, error) {
	names, err := collect(ctx, s.conn, itself[string], statements.KnownExporters)
	if err != nil {
		return nil, explain(s.name, fmt.Errorf("sensors: %w", err))
	}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return known, nil
}
