package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/migrations"
)

const migrationsTable = `CREATE TABLE IF NOT EXISTS migrations %s
(
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = %s
ORDER BY number`

// Applied is one migration that the store has.
type Applied struct {
	Number   int
	Name     string
	Checksum string
	// New says that this call applied it.
	New bool
}

func (s *Store) target() migrations.Target { return migrations.Target{Cluster: s.addr.cluster} }

// Migrate applies what the store lacks, in order, and records it with its checksum.
// A migration that was applied from another text, or one this program does not know,
// is an error: the store belongs to another version.
func (s *Store) Migrate(ctx context.Context) ([]Applied, error) {
	all, err := migrations.All()
	if err != nil {
		return nil, err
	}
	applied, err := s.migrate(ctx, all)
	if err != nil {
		return nil, explain(s.name, err)
	}
	return applied, nil
}

func (s *Store) migrate(ctx context.Context, all []migrations.Migration) ([]Applied, error) {
	target := s.target()
	sql := fmt.Sprintf(migrationsTable, target.OnCluster(), target.Engine("MergeTree", ""))
	if err := s.conn.Exec(ctx, sql); err != nil {
		return nil, fmt.Errorf("table of migrations: %w", err)
	}
	have, err := s.checksums(ctx)
	if err != nil {
		return nil, err
	}
	if len(have) > len(all) {
		return nil, fmt.Errorf("store has migration %d and this program knows %d: use the version of banshift that wrote it, or a newer one", len(have), len(all))
	}
	var applied []Applied
	for _, m := range all {
		checksum, done := have[uint32(m.Number)]
		if done && checksum != m.Checksum {
			return nil, fmt.Errorf("migration %s was applied from another text (checksum %.12s, this program has %.12s): the store belongs to another build of banshift", m.Name, checksum, m.Checksum)
		}
		if !done {
			if err := s.apply(ctx, m); err != nil {
				return nil, err
			}
		}
		applied = append(applied, Applied{m.Number, m.Name, m.Checksum, !done})
	}
	return applied, nil
}

// apply runs one migration. ClickHouse has no transactions over DDL, so every
// statement is written to be repeatable and the record comes last.
func (s *Store) apply(ctx context.Context, m migrations.Migration) error {
	statements, err := m.Statements(s.target())
	if err != nil {
		return err
	}
	for _, sql := range statements {
		if err := s.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("migration %s: %w", m.Name, err)
		}
	}
	err = s.conn.Exec(ctx, "INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)", uint32(m.Number), m.Name, m.Checksum)
	if err != nil {
		return fmt.Errorf("record migration %s: %w", m.Name, err)
	}
	return nil
}

// checksums reads which migrations the store has.
func (s *Store) checksums(ctx context.Context) (map[uint32]string, error) {
	rows, err := s.conn.Query(ctx, "SELECT number, checksum FROM migrations ORDER BY number")
	if err != nil {
		return nil, fmt.Errorf("migrations of the store: %w", err)
	}
	defer rows.Close()
	have := map[uint32]string{}
	for rows.Next() {
		var number uint32
		var checksum string
		if err := rows.Scan(&number, &checksum); err != nil {
			return nil, fmt.Errorf("migrations of the store: %w", err)
		}
		have[number] = checksum
	}
	return have, rows.Err()
}

// keepFlows sets the retention of flows, counted from their ingestion. 0 leaves it.
func (s *Store) keepFlows(ctx context.Context, days int) error {
	if days == 0 {
		return nil
	}
	var ddl string
	row := s.conn.QueryRow(ctx, "SELECT create_table_query FROM system.tables WHERE database = ? AND name = ?", s.addr.database, schemas.TableFlows)
	if err := row.Scan(&ddl); err != nil {
		return explain(s.name, fmt.Errorf("retention of flows: %w", err))
	}
	if strings.Contains(ddl, fmt.Sprintf("toIntervalDay(%d)", days)) {
		return nil
	}
	sql := fmt.Sprintf("ALTER TABLE flows %s MODIFY TTL toDateTime(ingested_at) + toIntervalDay(%d)", s.target().OnCluster(), days)
	if err := s.conn.Exec(ctx, sql); err != nil {
		return explain(s.name, fmt.Errorf("retention of flows: %w", err))
	}
	return nil
}
