package kafka

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// Config is what has no place in a URI, and the bounds of a run. A zero bound
// takes its default.
type Config struct {
	// User is for SASL where the URI has no user; Password has no other place than here.
	User, Password string
	// CAFile, CertFile and KeyFile are PEM files for TLS; without CAFile the system's authorities count.
	CAFile, CertFile, KeyFile string
	// Block (65536) is how many offsets make a block. A range ends where its block does.
	Block int64
	// FlushAfter (5 s) is how long a range is waited for when following: for its end, and
	// for its neighbours.
	FlushAfter time.Duration
	// TakeBackAfter (30 s) is how long a member leaves a partition that it still has to another
	// program that took it over.
	TakeBackAfter time.Duration
	// GiveUpAfter (1 min) is how long a run that does not follow waits for a broker.
	GiveUpAfter time.Duration
	// StopAfter (5 s) is how long after a stop a walk's context lives on.
	StopAfter time.Duration
	// Watch is told that a broker is asked, and gives what is told of its answer; nil: nobody is.
	Watch func() (done func(error))
	// Heard is told after an answer how far a partition is stored, where its log ends, and the time of the last
	// record that was read of it; Left that a member does not have it any more. nil: nobody is.
	Heard func(topic string, partition int32, stored, end int64, last time.Time)
	Left  func(topic string, partition int32)
	Log   *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Block <= 0 {
		c.Block = 65536
	}
	if c.FlushAfter <= 0 {
		c.FlushAfter = 5 * time.Second
	}
	if c.TakeBackAfter <= 0 {
		c.TakeBackAfter = 30 * time.Second
	}
	if c.GiveUpAfter <= 0 {
		c.GiveUpAfter = time.Minute
	}
	if c.StopAfter <= 0 {
		c.StopAfter = 5 * time.Second
	}
	if c.Watch == nil {
		c.Watch = func() func(error) { return func(error) {} }
	}
	if c.Heard == nil {
		c.Heard = func(string, int32, int64, int64, time.Time) {}
	}
	if c.Left == nil {
		c.Left = func(string, int32) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Offsets is the ledger. Known is asked whenever a partition begins to be read, after
// every rebalance again: it has to look at the store and not at what it remembers, for
// another member may have written meanwhile.
type Offsets interface {
	// Known gives what of a partition is stored, and what was begun.
	Known(ctx context.Context, partition int32) (position.Known, error)
	// Borders gives where ranges of a partition that were written down begin or end
	// strictly inside a range, in order.
	Borders(ctx context.Context, partition int32, in position.Range) ([]int64, error)
	// Lost writes down that a range is gone from the log and counts as read, without a record.
	Lost(ctx context.Context, partition int32, r position.Range) error
}

// Handler begins a walk along a partition, by the plan that it is read by. Several
// partitions are walked at once. The context of a walk outlives a rebalance, and a stop by
// [Config].StopAfter: what was begun is to be finished.
type Handler func(ctx context.Context, partition int32, plan *plan.Plan) Walk

// Walk takes the ranges of a partition that the plan wants read, in order. Its methods are
// called one at a time; reading waits for them, and their errors end the run.
type Walk interface {
	Take(m Messages) error
	// Pass says that nothing before an offset is read any more.
	Pass(next int64)
	// Flush says that nothing behind the ranges taken so far is waited for: the log ends there for now.
	Flush() error
	// End is Flush at the end of the walk, and returns when all is stored.
	End() error
	// Progress says how far the walk has come.
	Progress() Progress
	// Err is what went wrong with a range since it was taken; nil: nothing.
	Err() error
	// Close releases what was taken and is not stored.
	Close()
}

// Progress is how far a walk has come.
type Progress struct {
	// Waiting is how many ranges were taken, are to be stored and are not yet.
	Waiting int
	// Stored: no such range lies before.
	Stored int64
}

// ErrTaken is what a walk answers where another program has taken the partition over. A
// run to the end leaves it to that; a member that still has the partition takes it back
// after a while.
var ErrTaken = errors.New("the partition is read by another program")

// Stats are what a run met in addition to records.
type Stats struct {
	Gaps, LostOffsets int64 // offsets that retention took before they were stored
	CorruptOffsets    int64 // offsets of batches that cannot be read
	CommitFailures    int64 // offsets that could not be told to the group; the store has them
	Generations       int64 // times that this member was given partitions
	Taken             int64 // times that another program took a partition over
	Bytes             int64 // of values of records that were read
}

// Source is one topic.
type Source struct {
	*connection
	cfg   Config
	log   *slog.Logger
	stats struct{ gaps, lost, corrupt, commitFailures, generations, taken, bytes atomic.Int64 }
}

// Open reads the URI, connects, authenticates and looks the topic up. The URI is
//
//	kafka://host:port[,host:port]/topic?format=…&group=…&tls=true&sasl=scram-sha-512|scram-sha-256|plain&user=…&gap=fail|count&corrupt=fail|count&isolation=read_uncommitted|read_committed&pair=partition|topic
func Open(ctx context.Context, uri string, cfg Config) (*Source, error) {
	t, err := parseURI(uri)
	if err != nil {
		return nil, err
	}
	if t.user == "" {
		t.user = cfg.User
	}
	cfg = cfg.withDefaults()
	c, err := connect(ctx, t, cfg)
	if err != nil {
		return nil, err
	}
	if err := c.lookUp(ctx); err != nil {
		c.transport.CloseIdleConnections()
		return nil, err
	}
	return &Source{connection: c, cfg: cfg, log: cfg.Log}, nil
}

// Close ends idle connections.
func (s *Source) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Topic is the topic's name.
func (s *Source) Topic() string { return s.topic }

// Format is what the URI says about the records; empty where it says nothing.
func (s *Source) Format() string { return s.format }

// Name is the source's name in the ledger: the same for every way to reach the topic.
func (s *Source) Name() string {
	if s.cluster == "" {
		return Scheme + s.brokers[0] + "/" + s.topic
	}
	return Scheme + s.cluster + "/" + s.topic
}

// Whole reports whether the partitions are to be read as one, for flows whose directions are in different ones.
func (s *Source) Whole() bool { return s.whole }

// ID tells the topic from one that had its name before; empty where the brokers do not say it.
func (s *Source) ID() string { return s.id }

// Stats gives the counts so far.
func (s *Source) Stats() Stats {
	return Stats{
		Gaps: s.stats.gaps.Load(), LostOffsets: s.stats.lost.Load(), CorruptOffsets: s.stats.corrupt.Load(),
		CommitFailures: s.stats.commitFailures.Load(), Generations: s.stats.generations.Load(), Taken: s.stats.taken.Load(), Bytes: s.stats.bytes.Load(),
	}
}

// Run hands every offset that the ledger does not have as done to a walk, in ranges of
// one partition and in order; those that were begun exactly as they were. Without follow all partitions are read, each to the end that it has at the
// start. With follow the partitions are those that the consumer group gives this
// member, until ctx is done. Walks that are at work then are waited for, what was
// not begun is left for the next run, and the error is the cause of ctx.
func (s *Source) Run(ctx context.Context, follow bool, off Offsets, h Handler) error {
	if follow {
		return s.follow(ctx, off, h)
	}
	return s.drain(ctx, off, h)
}

// Reread is Run without follow for offsets that were read before: of each of some partitions up to an
// offset. The group is not told.
func (s *Source) Reread(ctx context.Context, until map[int32]int64, off Offsets, h Handler) error {
	var all []*partition
	for id, end := range until {
		p := s.partition(id, false, h, func(int64) error { return nil })
		p.until = end
		all = append(all, p)
	}
	return s.toTheEnd(ctx, all, off)
}

// drain reads every partition to its present end.
func (s *Source) drain(ctx context.Context, off Offsets, h Handler) error {
	var all []*partition
	for _, id := range s.partitions {
		all = append(all, s.partition(id, false, h, func(next int64) error { return s.commitAlone(ctx, id, next) }))
	}
	return s.toTheEnd(ctx, all, off)
}

// toTheEnd reads partitions at the same time.
func (s *Source) toTheEnd(ctx context.Context, all []*partition, off Offsets) error {
	group, ctx := errgroup.WithContext(ctx)
	lasting, end := s.outlive(ctx)
	defer end()
	for _, p := range all {
		group.Go(func() error {
			p.lasting = lasting
			err := p.read(ctx, off)
			if errors.Is(err, ErrTaken) {
				s.log.Warn("another program has begun to read this partition: left to it", "topic", s.topic, "partition", p.id)
				s.stats.taken.Add(1)
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

func (s *Source) partition(id int32, follow bool, h Handler, commit func(int64) error) *partition {
	return &partition{
		source: s, id: id, follow: follow, handle: h, commit: commit,
		cursor: cursor{client: s.client, topic: s.topic, partition: id, isolation: s.isolation},
	}
}

// outlive gives the context of walks, which lives on for a while when ctx ends.
func (s *Source) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.cfg.StopAfter, cancel) })
	return lasting, func() { stop(); cancel() }
}

// commitAlone tells the group how far a reader that is no member of it has come. The
// broker refuses while the group has members.
func (s *Source) commitAlone(ctx context.Context, id int32, next int64) error {
	res, err := s.client.OffsetCommit(ctx, &kafkago.OffsetCommitRequest{
		GroupID: s.group, GenerationID: -1,
		Topics: map[string][]kafkago.OffsetCommit{s.topic: {{Partition: int(id), Offset: next}}},
	})
	if err != nil {
		return err
	}
	for _, p := range res.Topics[s.topic] {
		if p.Error != nil {
			return p.Error
		}
	}
	return nil
}
