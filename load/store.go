// Package load puts Arrow batches into ClickHouse, once each, and reads them back:
// the store's address, its migrations, the ledger of batches, named queries.
//
// It must never change a batch, decide what is in it, or show a password. Nothing
// above it knows whether the engine is embedded.
package load

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/guard"
	"github.com/banshift/banshift/schemas/statements"
)

// Options say how a store is opened.
type Options struct {
	// EnginePath is libchdb.so or a clickhouse binary; empty: see [engine.Locate].
	EnginePath string
	// EngineMegabytes bounds the embedded engine's memory; 0: its default.
	EngineMegabytes int
	// FlowsDays is how many days after their ingestion flows are kept; 0 leaves it as it is (30 in a new store).
	FlowsDays int
	// UsageDays is how many days after their ingestion client-hours are kept; 0: as long as the store. Counts stay.
	UsageDays int
	// DNSDays is the same of DNS questions.
	DNSDays int
	// AwaitRoom: a disk that takes no more is waited for, as a store that is away is; else it is an error.
	AwaitRoom bool
	// About is what exported files say of themselves.
	About About
	// Counting is told that counts are brought up to date, and gives what is told of each part and of the end;
	// nil: nobody is.
	Counting func() (progress func(), done func(error))
	// Log is told of retries and restarts; nil: nobody is.
	Log *slog.Logger
}

// Store is an open store. Its methods may be called concurrently. Close it.
type Store struct {
	name   string // for errors: a directory, or an address without password
	addr   address
	reader address // who runs queries that only read
	engine *engine.Engine
	shards []*Store // where the tables of single clients lie, in order; none: here
	shard  string   // which shard of a store this is, in words; empty: none
	// distributed: the tables of single clients are read from the shards.
	distributed bool
	conn        driver.Conn
	http        *http.Client
	log         *slog.Logger
	ledger      *ledger
	owner       string // names this program in leases

	typesMu sync.Mutex
	types   map[string]map[string]string // of the columns of tables that are inserted into

	guarding sync.Mutex
	guard    *guard.Guard // of readers' statements; nil until the first one

	named     knownVerdicts
	counting  sync.Mutex  // held by Count
	asCounted atomic.Bool // questions do not count
	watch     func() (progress func(), done func(error))
	retries   atomic.Int64
	awaitRoom bool
	room      room
	flowsDays int
	usageDays int
	dnsDays   int
	about     About
}

// connectTries is how often an address that does not answer is tried. An engine of our own is
// back within seconds, here or in the program that runs it next: engineTries take a minute.
const (
	connectTries = 3
	engineTries  = 300
)

// tries is how often what may be repeated is.
func (s *Store) tries() int {
	if s.engine != nil {
		return engineTries
	}
	return connectTries
}

// Open opens the store at dsn, a directory or clickhouse://user@host:9000/database,
// and brings its schema up to date. A user who may only read can open a store that is
// up to date already.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	s, err := reach(ctx, dsn, o)
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// reach connects to the store at dsn, whatever is in it.
func reach(ctx context.Context, dsn string, o Options) (*Store, error) {
	if dsn == "" {
		return nil, errors.New("no store: give --store a directory, or clickhouse://user@host:9000/database")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{name: "store " + dsn, log: o.Log, owner: rand.Text(), flowsDays: o.FlowsDays, usageDays: o.UsageDays, dnsDays: o.DNSDays, awaitRoom: o.AwaitRoom, about: o.About, watch: o.Counting}
	if s.watch == nil {
		s.watch = func() (func(), func(error)) { return func() {}, func(error) {} }
	}
	if err := s.locate(ctx, dsn, o); err != nil {
		return nil, err
	}
	err := s.dial(ctx)
	if err == nil {
		err = s.reachShards(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// locate fills in the addresses, and starts the engine where dsn is a directory.
func (s *Store) locate(ctx context.Context, dsn string, o Options) error {
	if isServer(dsn) {
		a, err := parseAddress(dsn)
		if err != nil {
			return err
		}
		s.addr, s.reader = a, a
		s.name = fmt.Sprintf("store clickhouse://%s@%s/%s", a.user, a.native(), a.database)
		return nil
	}
	e, err := engine.Start(ctx, dsn, engine.Options{Path: o.EnginePath, MemoryMegabytes: o.EngineMegabytes, Log: o.Log})
	if err != nil {
		if _, fault := diskFault(err); fault != nil {
			return explain(s.name, err)
		}
		return err
	}
	c := e.Conn()
	s.engine = e
	s.addr = address{host: c.Host, tcpPort: c.TCPPort, httpPort: c.HTTPPort, user: c.User, password: c.Password, database: engine.Database}
	s.reader = s.addr
	s.reader.user, s.reader.password = c.Reader, c.ReaderPassword
	return nil
}

// dial connects, and checks version and ports.
func (s *Store) dial(ctx context.Context) error {
	s.http = &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 16,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		DisableCompression:  true,
	}}
	for _, step := range []func(context.Context) error{s.checkVersion, s.createDatabase} {
		if err := s.retry(ctx, s.tries(), func() error { return step(ctx) }); err != nil {
			return explain(s.name, err)
		}
	}
	conn, err := s.connect()
	if err != nil {
		return explain(s.name, err)
	}
	s.conn = conn
	return s.checkHTTP(ctx)
}

// open migrates, and has what is kept of the store's rows kept as long as it is to be.
func (s *Store) open(ctx context.Context, o Options) error {
	for _, shard := range s.shards {
		if err := shard.open(ctx, o); err != nil {
			return err
		}
	}
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	if err := s.keepFlows(ctx, o.FlowsDays); err != nil {
		return err
	}
	if err := s.keepUsage(ctx, o.UsageDays); err != nil {
		return err
	}
	s.ledger = newLedger(s)
	return s.expire(ctx)
}

// connect opens the connection to the store's database.
func (s *Store) connect() (driver.Conn, error) {
	conn, err := clickhouse.Open(s.clientOptions(s.addr.database))
	if err != nil || s.engine == nil {
		return conn, err
	}
	return enduring{conn, s}, nil
}

// clientOptions are those of the connection for everything but inserts and results:
// the native protocol to a server, HTTP to our own engine, which opens no other port.
func (s *Store) clientOptions(database string) *clickhouse.Options {
	o := &clickhouse.Options{
		Addr:        []string{s.addr.native()},
		Auth:        clickhouse.Auth{Database: database, Username: s.addr.user, Password: s.addr.password},
		DialTimeout: 10 * time.Second,
		ReadTimeout: 10 * time.Minute,
		ClientInfo:  clickhouse.ClientInfo{Products: []struct{ Name, Version string }{{"banshift", "0"}}},
	}
	if s.engine != nil {
		o.Protocol, o.Addr = clickhouse.HTTP, []string{s.addr.httpHost()}
	}
	if s.addr.secure {
		o.TLS = &tls.Config{ServerName: s.addr.host}
	}
	return o
}

// checkVersion fails with [ErrVersion] where the server is older than we support.
func (s *Store) checkVersion(ctx context.Context) error {
	conn, err := clickhouse.Open(s.clientOptions(""))
	if err != nil {
		return err
	}
	defer conn.Close()
	version, err := conn.ServerVersion()
	if err != nil {
		return err
	}
	v := version.Version
	if !engine.Supported(int(v.Major), int(v.Minor)) {
		return fmt.Errorf("%w: found %d.%d, the oldest supported is %d.%d: upgrade the server, or use the embedded engine with --store DIR",
			ErrVersion, v.Major, v.Minor, engine.OldestMajor, engine.OldestMinor)
	}
	return conn.Ping(ctx)
}

// createDatabase makes the database, for users who may; others have one already.
func (s *Store) createDatabase(ctx context.Context) error {
	conn, err := clickhouse.Open(s.clientOptions(""))
	if err != nil {
		return err
	}
	defer conn.Close()
	var exists uint64
	row := conn.QueryRow(ctx, statements.DatabaseExists, s.addr.database)
	if err := row.Scan(&exists); err == nil && exists == 1 {
		return nil
	}
	clauses := s.target().OnCluster()
	if s.shard != "" {
		clauses = "COMMENT " + quoteText(s.shard)
	}
	sql := fmt.Sprintf(statements.CreateDatabase, quoteName(s.addr.database), clauses)
	err = conn.Exec(ctx, sql)
	if isForbidden(err) {
		return nil // a reader's database is there, or its tables will be found missing
	}
	return err
}

// checkHTTP makes sure that the HTTP port takes inserts of this user.
func (s *Store) checkHTTP(ctx context.Context) error {
	err := s.retry(ctx, s.tries(), func() error {
		_, err := s.post(ctx, s.addr, request{sql: statements.Ping})
		return err
	})
	return explain(fmt.Sprintf("%s, HTTP port %d (?http_port=…)", s.name, s.addr.httpPort), err)
}

// Close ends the connections, and the embedded engine where it is ours.
func (s *Store) Close() error {
	var errs []error
	for _, shard := range s.shards {
		errs = append(errs, shard.Close())
	}
	if s.ledger != nil {
		s.ledger.group.close()
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.http != nil {
		s.http.CloseIdleConnections()
	}
	if s.engine != nil {
		errs = append(errs, s.engine.Close())
	}
	return errors.Join(errs...)
}

// Retries is how often a statement was sent again because the store did not take it.
func (s *Store) Retries() int64 {
	n := s.retries.Load()
	for _, shard := range s.shards {
		n += shard.Retries()
	}
	return n
}

// Name is the store's address without its password.
func (s *Store) Name() string { return strings.TrimPrefix(s.name, "store ") }

// Engine gives the embedded engine; nil for a server.
func (s *Store) Engine() *engine.Engine { return s.engine }

// Conn gives the connection for reads that scan into Go values.
func (s *Store) Conn() driver.Conn { return s.conn }

// Pauses between tries double from the first to the longest. Our own engine is back
// in a second; a server is not to be hammered.
const (
	firstPause         = 50 * time.Millisecond
	longestPause       = 10 * time.Second
	longestPauseEngine = 200 * time.Millisecond
)

// retry calls f until it succeeds, fails for good, or has failed tries times; 0
// tries as long as ctx lives. The pauses between double.
func (s *Store) retry(ctx context.Context, tries int, f func() error) error {
	longest := longestPause
	if s.engine != nil {
		longest = longestPauseEngine
	}
	var told sync.Once
	for n := 1; ; n++ {
		err := f()
		if err == nil || !isTransient(err) || n == tries {
			return err
		}
		if s.engine != nil && s.engine.Err() != nil {
			return s.engine.Err()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w (%v)", ctx.Err(), err)
		}
		s.retries.Add(1)
		told.Do(func() { s.log.Warn("the store does not take this now: trying again", "error", oneLine(err)) })
		pause := min(longest, firstPause<<min(n-1, 10))
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%v)", ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// quoteName quotes an identifier.
func quoteName(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}
