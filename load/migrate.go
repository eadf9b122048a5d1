package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/migrations"
	"github.com/banshift/banshift/schemas/statements"
)

// record is what table migrations says of one migration.
type record struct {
	checksum string
	at       time.Time
}

// Applied is one migration that the store has.
type Applied struct {
	Number   int
	Name     string
	Checksum string
	At       time.Time // when it was applied
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
	have, err := s.records(ctx)
	if err != nil || len(have) != len(all) || len(s.shards) > 0 && !s.distributed {
		end, err := s.exclusive(ctx)
		if err != nil {
			return nil, explain(s.name, err)
		}
		defer end()
	}
	applied, err := s.migrate(ctx, all)
	if err == nil && len(s.shards) > 0 && !s.distributed {
		err = s.shardTables(ctx)
	}
	if isForbidden(err) {
		return nil, fmt.Errorf("%s: %w: its tables are not up to date, and this user may not change them: have `banshift migrate` run by one with the grants of docs/howto/clickhouse-server.md: %s",
			s.name, ErrForbidden, oneLine(err))
	}
	if err != nil {
		return nil, explain(s.name, err)
	}
	return applied, nil
}

// exclusive waits until no other program changes the store's schema, and gives what ends that.
// On a server it is a statement that runs meanwhile: a server runs one of an id at a time, and
// ends it with the connection of a program that died. The replicas of a cluster do not know of
// each other's statements: there, one program migrates first.
func (s *Store) exclusive(ctx context.Context) (end func(), err error) {
	if s.engine != nil {
		return s.engine.Exclusive()
	}
	life, cancel := context.WithCancel(ctx)
	named := clickhouse.Context(life, clickhouse.WithQueryID("banshift-migrate-"+s.addr.database))
	for try := 0; ; try++ {
		rows, err := s.conn.Query(named, statements.HoldMigration)
		if err == nil {
			return func() { cancel(); rows.Close() }, nil //nolint:errcheck // it ends by being left
		}
		if codeOf(err) != codeSameID {
			cancel()
			return nil, fmt.Errorf("begin to migrate: %w", err)
		}
		if try == 0 {
			s.log.Info("another program brings the schema of the store up to date: waiting for it", "store", s.Name())
		}
		select {
		case <-ctx.Done():
			cancel()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *Store) migrate(ctx context.Context, all []migrations.Migration) ([]Applied, error) {
	have, err := s.records(ctx)
	if codeOf(err) == codeUnknownTable {
		target := s.target()
		err = s.conn.Exec(ctx, fmt.Sprintf(statements.MigrationsTable, target.OnCluster(), target.Engine("MergeTree", "")))
	}
	if err != nil {
		return nil, fmt.Errorf("table of migrations: %w", err)
	}
	if _, begun := have[restoring]; begun {
		return nil, fmt.Errorf("%w: remove it (its directory, or its database on the server), and restore again", ErrHalfRestored)
	}
	if n := unknown(have, all); n != 0 {
		return nil, fmt.Errorf("store has migration %d, which this program does not know: use the version of banshift that wrote it, or a newer one", n)
	}
	for _, m := range all {
		r, done := have[m.Number]
		if done && r.checksum != m.Checksum {
			return nil, fmt.Errorf("migration %s was applied from another text (checksum %.12s, this program has %.12s): the store belongs to another build of banshift", m.Name, r.checksum, m.Checksum)
		}
		if !done {
			if err := s.apply(ctx, m); err != nil {
				return nil, err
			}
		}
	}
	if len(have) < len(all) {
		if have, err = s.records(ctx); err != nil {
			return nil, fmt.Errorf("table of migrations: %w", err)
		}
	}
	applied := make([]Applied, len(all))
	for i, m := range all {
		applied[i] = Applied{m.Number, m.Name, m.Checksum, have[m.Number].at}
	}
	return applied, nil
}

// unknown gives a migration that the store has and this program has not; 0: none.
func unknown(have map[int]record, all []migrations.Migration) int {
	for number := range have {
		if !slices.ContainsFunc(all, func(m migrations.Migration) bool { return m.Number == number }) {
			return number
		}
	}
	return 0
}

// apply runs one migration. ClickHouse has no transactions over DDL, so every
// statement is written to be repeatable and the record comes last.
func (s *Store) apply(ctx context.Context, m migrations.Migration) error {
	steps, err := m.Statements(s.target())
	if err != nil {
		return err
	}
	for _, statement := range steps {
		if table := changesSharded(statement.SQL); table != "" && s.distributed {
			err = s.distribute(ctx, table) // its shards have changed already
		} else {
			err = s.applyStatement(ctx, statement)
		}
		if err != nil {
			return fmt.Errorf("migration %s: %w", m.Name, err)
		}
	}
	err = s.conn.Exec(ctx, statements.MigrationRecord, uint32(m.Number), m.Name, m.Checksum)
	if err != nil {
		return fmt.Errorf("record migration %s: %w", m.Name, err)
	}
	return nil
}

// applyStatement runs one statement of a migration where its condition is met.
func (s *Store) applyStatement(ctx context.Context, statement migrations.Statement) error {
	if statement.When != "" {
		var met uint64
		if err := s.conn.QueryRow(ctx, statement.When).Scan(&met); err != nil {
			return fmt.Errorf("condition %q: %w", statement.When, err)
		}
		if met == 0 {
			return nil
		}
	}
	return s.conn.Exec(ctx, statement.SQL)
}

// records reads which migrations the store has, by number.
func (s *Store) records(ctx context.Context) (map[int]record, error) {
	rows, err := s.conn.Query(ctx, statements.MigrationRecords)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[int]record{}
	for rows.Next() {
		var number uint32
		var r record
		if err := rows.Scan(&number, &r.checksum, &r.at); err != nil {
			return nil, err
		}
		have[int(number)] = r
	}
	return have, rows.Err()
}

// keepFlows sets the retention of flows, counted from their ingestion, and of the servers that are counted from them. 0 leaves it.
func (s *Store) keepFlows(ctx context.Context, days int) error {
	if days == 0 || s.distributed {
		return nil
	}
	if err := s.retain(ctx, schemas.TableFlows, days, "toDateTime(ingested_at)"); err != nil {
		return err
	}
	return s.retain(ctx, tableServers, days, "toDateTime(as_of)")
}

// keepUsage sets the retention of usage, counted from the day on which it was stored. 0: it stays.
func (s *Store) keepUsage(ctx context.Context, days int) error {
	if s.distributed {
		return nil
	}
	return s.retain(ctx, schemas.TableUsage, days, "stored_on")
}

// retain has the rows of a table kept for days from a time, 0 for ever, where it says otherwise.
func (s *Store) retain(ctx context.Context, table string, days int, from string) error {
	var ddl string
	if err := s.conn.QueryRow(ctx, statements.TableDDL, table).Scan(&ddl); err != nil && !isForbidden(err) {
		return explain(s.name, fmt.Errorf("retention of %s: %w", table, err))
	}
	if days == 0 && !strings.Contains(ddl, " TTL ") || days > 0 && strings.Contains(ddl, fmt.Sprintf("toIntervalDay(%d)", days)) {
		return nil
	}
	change := fmt.Sprintf(statements.KeepRows, table, s.target().OnCluster(), from, days)
	if days == 0 {
		change = fmt.Sprintf(statements.KeepRowsForEver, table, s.target().OnCluster())
	}
	err := explain(s.name, s.conn.Exec(ctx, change))
	if errors.Is(err, ErrForbidden) {
		s.log.Warn("this user may not change how long rows are kept", "table", table, "wanted_days", days)
		return nil
	}
	if err != nil {
		return fmt.Errorf("retention of %s: %w", table, err)
	}
	return s.sweep(ctx, table) // parts of before the change still hold what has expired
}
