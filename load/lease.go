package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas/statements"
)

// ErrLease says that another program took over the writing of a source. What it finds
// unfinished it finishes; nothing of this program's arrives any more.
var ErrLease = errors.New("another program has taken over")

// codeThrown is of an exception that a statement asks for itself.
const codeThrown = 395

// partitionOf names what a lease is about.
type partitionOf struct {
	source    string
	partition int32
}

// prefix begins the ids of the statements that write a partition.
func (p partitionOf) prefix() string {
	sum := sha256.Sum256([]byte(p.source))
	return fmt.Sprintf("banshift-%s-%d-", hex.EncodeToString(sum[:8]), p.partition)
}

// lease is the right to write a partition, as long as no higher epoch is written down.
type lease struct {
	partitionOf
	epoch uint64
}

// mine begins the ids of the statements under this lease.
func (l lease) mine() string { return l.prefix() + strconv.FormatUint(l.epoch, 10) + "-" }

// params are what a fenced statement asks the lease by.
func (l lease) params() map[string]string {
	return map[string]string{
		"lease_source": l.source, "lease_partition": strconv.Itoa(int(l.partition)), "lease_epoch": strconv.FormatUint(l.epoch, 10),
		"origin": strconv.FormatUint(originOf(l.source), 10),
	}
}

// Lease takes over the writing of one partition of a source, and reads anew what the
// ledger says of it. What another program still sends does not arrive: its statements are
// ended, and later ones fail with [ErrLease]. No Write of that partition may be under way.
func (s *Store) Lease(ctx context.Context, source string, partition int32) error {
	return s.withRoom(ctx, func() error {
		s.ledger.mu.Lock()
		defer s.ledger.mu.Unlock()
		_, err := s.ledger.take(ctx, partitionOf{source, partition})
		return explain(s.name, err)
	})
}

// leaseTries bounds how often an epoch may be snatched away before taking gives up.
const leaseTries = 100

// take writes the next epoch of a partition down for this program. The insert's token is
// made of the epoch, so that of two who try the same one the store keeps one. Statements
// of older epochs that began before are ended and waited for: those that begin later fail.
func (s *Store) take(ctx context.Context, p partitionOf) (lease, error) {
	for try := range uint64(leaseTries) {
		latest, _, err := s.latest(ctx, p)
		if err != nil {
			return lease{}, err
		}
		l := lease{p, latest + 1 + try/2} // an engine that died may have kept the token and lost the row
		err = s.retry(ctx, 0, func() error {
			return s.writeLease(ctx, l, map[string]string{"insert_deduplicate": "1", "insert_deduplication_token": "lease-" + l.mine(), "async_insert": "0"})
		})
		if err != nil {
			return lease{}, fmt.Errorf("lease of %s: %w", p.source, err)
		}
		epoch, owner, err := s.latest(ctx, p)
		if err != nil {
			return lease{}, err
		}
		if epoch == l.epoch && owner == s.owner {
			return l, s.endOlder(ctx, l)
		}
	}
	return lease{}, fmt.Errorf("lease of %s: %w, %d times in a row", p.source, ErrLease, leaseTries)
}

// writeLease writes a lease of this program down.
func (s *Store) writeLease(ctx context.Context, l lease, settings map[string]string) error {
	_, err := s.post(ctx, s.addr, request{sql: statements.LeaseTake, settings: settings, params: map[string]string{
		"source": l.source, "partition": strconv.Itoa(int(l.partition)), "epoch": strconv.FormatUint(l.epoch, 10), "owner": s.owner,
	}})
	return err
}

func (s *Store) latest(ctx context.Context, p partitionOf) (epoch uint64, owner string, err error) {
	err = s.retry(ctx, 0, func() error {
		return s.conn.QueryRow(ctx, statements.LeaseLatest, p.source, p.partition).Scan(&epoch, &owner)
	})
	if err != nil {
		return 0, "", fmt.Errorf("lease of %s: %w", p.source, err)
	}
	return epoch, owner, nil
}

// taken reports whether a lease is another program's now, as far as the store answers.
func (s *Store) taken(ctx context.Context, held lease) bool {
	var epoch uint64
	var owner string
	err := s.conn.QueryRow(ctx, statements.LeaseLatest, held.source, held.partition).Scan(&epoch, &owner)
	return err == nil && epoch != held.epoch
}

// endOlder ends the statements of older epochs and waits until there are none. Shards learn of the lease before: what
// begins there later under an older one is refused.
func (s *Store) endOlder(ctx context.Context, l lease) error {
	for _, shard := range s.shards {
		if err := shard.adopt(ctx, l); err != nil {
			return err
		}
		if err := shard.endOlder(ctx, l); err != nil {
			return err
		}
	}
	if err := s.endWriters(ctx, l.prefix(), l.mine()); err != nil {
		return fmt.Errorf("lease of %s: %w", l.source, err)
	}
	return nil
}

// endWriters ends the statements whose ids begin with a prefix and not with another, and
// waits until there are none.
func (s *Store) endWriters(ctx context.Context, prefix, except string) error {
	for {
		var running uint64
		err := s.retry(ctx, 0, func() error {
			return s.conn.QueryRow(ctx, statements.OlderWriters, prefix, except).Scan(&running)
		})
		if err != nil {
			return fmt.Errorf("statements that still run: %w", err)
		}
		if running == 0 {
			return nil
		}
		err = s.retry(ctx, 0, func() error { return s.conn.Exec(ctx, statements.EndOlderWriters, prefix, except) })
		if err != nil {
			return fmt.Errorf("statements that still run: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fenced makes an [ErrLease] of the exception that a fenced statement throws.
func fenced(err error) error {
	if codeOf(err) == codeThrown && strings.Contains(err.Error(), "lease taken") {
		return ErrLease
	}
	return err
}

// structure gives names and types of columns of a table, and more behind them, as input() wants them.
func (s *Store) structure(ctx context.Context, table string, columns []string, more ...string) (string, error) {
	s.typesMu.Lock()
	defer s.typesMu.Unlock()
	types := s.types[table]
	if types == nil {
		err := s.retry(ctx, 0, func() (err error) {
			types, err = s.columnTypes(ctx, table)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("columns of %s: %w", table, err)
		}
		if s.types == nil {
			s.types = map[string]map[string]string{}
		}
		s.types[table] = types
	}
	fields := make([]string, len(columns))
	for i, c := range columns {
		t, ok := types[c]
		if !ok {
			return "", fmt.Errorf("table %s: %w: no column %s", table, ErrNoTable, c)
		}
		fields[i] = quoteName(c) + " " + t
	}
	return quoteText(strings.Join(append(fields, more...), ", ")), nil
}

func (s *Store) columnTypes(ctx context.Context, table string) (map[string]string, error) {
	rows, err := s.conn.Query(ctx, statements.ColumnTypes, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types := map[string]string{}
	for rows.Next() {
		var name, t string
		if err := rows.Scan(&name, &t); err != nil {
			return nil, err
		}
		types[name] = t
	}
	return types, rows.Err()
}

// quoteText quotes a string literal.
func quoteText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
