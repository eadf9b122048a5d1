package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/banshift/banshift/schemas/migrations"
	"github.com/banshift/banshift/schemas/statements"
)

// restoring is the number under which the list of migrations has a restore that has not ended: no program opens the
// store then, of whatever version.
const restoring = math.MaxUint32

// ErrHoldsRows says that a store has rows already.
var ErrHoldsRows = errors.New("the store holds rows")

// ErrOtherShards says that a backup does not fit the shards of a store: whose rows of a client are is written in each.
var ErrOtherShards = errors.New("another number of shards")

func howMany(shards int) string {
	if shards == 0 {
		return "a store without shards"
	}
	return fmt.Sprintf("a store of %d shards", shards)
}

// Restored says what a restore left to do.
type Restored struct {
	// Repairs are the ranges that were being written when the backup was made. The next run of their sources finishes
	// those that are for it.
	Repairs []Repair
}

// Restore puts what b, the backup in dir, holds into the store at dsn, which holds nothing, and brings its schema up to
// date. [ReadBackup] has compared the files with their checksums. Cut off, it leaves a store that no program opens.
func Restore(ctx context.Context, dsn, dir string, b Backup, o Options, told func(done, of int)) (Restored, error) {
	s, err := reach(ctx, dsn, o)
	if err != nil {
		return Restored{}, err
	}
	if b.Shards != len(s.shards) {
		return Restored{}, errors.Join(fmt.Errorf("%w: the backup is of %s, and %s has %s: give the address of a server whose cluster has as many (&shards=NAME; docs/howto/scale.md)",
			ErrOtherShards, howMany(b.Shards), s.name, howMany(len(s.shards))), s.Close())
	}
	repairs, err := s.restoreAndOpen(ctx, dir, b, o, told)
	return Restored{Repairs: repairs}, errors.Join(err, s.Close())
}

func (s *Store) restoreAndOpen(ctx context.Context, dir string, b Backup, o Options, told func(done, of int)) ([]Repair, error) {
	if err := s.restore(ctx, dir, b, told); err != nil {
		return nil, explain(s.name, fmt.Errorf("restore: %w", err))
	}
	if err := s.open(ctx, o); err != nil {
		return nil, err
	}
	return s.Repair(ctx)
}

// restore fills the tables, as they were when the backup was made.
func (s *Store) restore(ctx context.Context, dir string, b Backup, told func(done, of int)) error {
	steps, err := migrationsOf(b)
	if err != nil {
		return err
	}
	parts := append([]*Store{s}, s.shards...)
	for _, part := range parts {
		end, err := part.exclusive(ctx)
		if err != nil {
			return err
		}
		defer end()
		if err := part.beginRestore(ctx, b, steps); err != nil {
			return err
		}
	}
	if err := s.fill(ctx, dir, b, told); err != nil {
		return err
	}
	for _, part := range slices.Backward(parts) { // the last one opens the store
		done := fmt.Sprintf(statements.RestoreDone, part.target().OnCluster())
		if err := part.conn.Exec(ctx, done, uint32(restoring)); err != nil {
			return err
		}
	}
	return nil
}

// beginRestore makes the tables, and notes that no program is to open the store.
func (s *Store) beginRestore(ctx context.Context, b Backup, steps []migrations.Migration) error {
	if err := s.refuseRows(ctx, b); err != nil {
		return err
	}
	if _, err := s.migrate(ctx, steps); err != nil {
		return err
	}
	return s.conn.Exec(ctx, statements.MigrationRecord, uint32(restoring), "restore", "")
}

// migrationsOf gives the steps that b was made under, which have to be this program's.
func migrationsOf(b Backup) ([]migrations.Migration, error) {
	all, err := migrations.All()
	if err != nil {
		return nil, err
	}
	for i, m := range b.Migrations {
		switch {
		case i >= len(all):
			return nil, fmt.Errorf("the backup was made under migration %s, which this program does not know: use the version of banshift that made it (%s), or a newer one", m.Name, b.Program)
		case m.Number != all[i].Number, m.Checksum != all[i].Checksum:
			return nil, fmt.Errorf("the backup was made under another text of migration %s: it belongs to another build of banshift (%s)", m.Name, b.Program)
		}
	}
	return all[:len(b.Migrations)], nil
}

// refuseRows fails where the store holds rows, or tables of a later schema than the backup's.
func (s *Store) refuseRows(ctx context.Context, b Backup) error {
	have, err := s.records(ctx)
	if codeOf(err) == codeUnknownTable {
		return nil
	}
	if err != nil {
		return fmt.Errorf("table of migrations: %w", err)
	}
	if _, begun := have[restoring]; begun {
		return fmt.Errorf("%w: remove it (its directory, or its database on the server), and restore again", ErrHalfRestored)
	}
	tables, err := s.columnsForBackup(ctx)
	if err != nil {
		return err
	}
	for table := range tables {
		if slices.Contains(notBackedUp, table) {
			continue
		}
		var rows uint64
		if err := s.conn.QueryRow(ctx, fmt.Sprintf(statements.HoldsRows, quoteName(table))).Scan(&rows); err != nil {
			return err
		}
		if rows > 0 {
			return fmt.Errorf("%w (%d in table %s): restore into a directory, or a database, that is not there yet", ErrHoldsRows, rows, table)
		}
	}
	if len(have) > len(b.Migrations) {
		return fmt.Errorf("the store has tables of a later version than the backup (migration %d, the backup %d): restore into a directory, or a database, that is not there yet; its tables are brought up to date then",
			len(have), len(b.Migrations))
	}
	return nil
}

// fill inserts the rows of all files.
func (s *Store) fill(ctx context.Context, dir string, b Backup, told func(done, of int)) error {
	_, of, _ := b.Sizes()
	done := 0
	for _, t := range b.Tables {
		for _, file := range t.Files {
			if err := s.at(t.Shard).fillPart(ctx, filepath.Join(dir, filepath.FromSlash(file.Path)), t); err != nil {
				return fmt.Errorf("table %s, file %s: %w", t.Name, file.Path, err)
			}
			if done++; told != nil {
				told(done, of)
			}
		}
	}
	return nil
}

// restoreSettings have rows stored as they are. An insert is not repeated: what it left is not known.
var restoreSettings = map[string]string{
	"async_insert": "0", "insert_deduplicate": "0", "optimize_on_insert": "0",
	"insert_allow_materialized_columns": "1", "max_partitions_per_insert_block": "0", "max_insert_threads": "1",
}

// fillPart inserts the rows of one file.
func (s *Store) fillPart(ctx context.Context, path string, t BackupTable) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer rows.Close()
	_, err = s.post(ctx, s.addr, request{
		sql:      fmt.Sprintf(strings.TrimSpace(statements.RestoreRows), quoteName(t.Name), quoteNames(t.Columns)),
		settings: restoreSettings,
		write:    func(w io.Writer) error { _, err := io.Copy(w, rows); return err },
	})
	return err
}
