package kafka

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"
)

// Config is what does not belong into a URI, and the bounds of a run. A zero bound
// takes its default.
type Config struct {
	// User is for SASL where the URI has no user; Password has no other place than here.
	User, Password string
	// CAFile, CertFile and KeyFile are PEM files for TLS; without CAFile the system's authorities count.
	CAFile, CertFile, KeyFile string
	// BatchRecords (65536) and BatchBytes (16 MiB) end a batch.
	BatchRecords, BatchBytes int
	// FlushAfter (5 s) ends a batch that does not fill.
	FlushAfter time.Duration
	// InFlightBytes (64 MiB) bounds the records that are fetched and not yet handled,
	// over all partitions, but for a fetch of up to 1 MiB (as compressed) each.
	InFlightBytes int
	// GiveUpAfter (1 min) is how long a run that does not follow waits for a broker.
	GiveUpAfter time.Duration
	Log         *slog.Logger
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value *int
		def   int
	}{{&c.BatchRecords, 65536}, {&c.BatchBytes, 16 << 20}, {&c.InFlightBytes, 64 << 20}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	if c.FlushAfter <= 0 {
		c.FlushAfter = 5 * time.Second
	}
	if c.GiveUpAfter <= 0 {
		c.GiveUpAfter = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Handler takes one range. It is called for one range of a partition at a time, for
// several partitions at once, and holds reading of its partition up until it returns.
// Its error ends the run. ctx is not cancelled by a stop: the range is to be finished.
type Handler func(ctx context.Context, m Messages) error

// Stats are what a run met besides records.
type Stats struct {
	Gaps, LostOffsets int64 // offsets that retention took before they were stored
	CommitFailures    int64 // offsets that could not be told to the group; the store has them
	Generations       int64 // times that this member was given partitions
}

// Source is one topic.
type Source struct {
	*connection
	cfg    Config
	log    *slog.Logger
	chunks *chunks
	stats  struct{ gaps, lost, commitFailures, generations atomic.Int64 }
}

// Open reads the URI, connects, authenticates and looks the topic up. The URI is
//
//	kafka://host:port[,host:port]/topic?format=…&group=…&tls=true&sasl=scram-sha-512|scram-sha-256|plain&user=…&gap=fail|count
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
	return &Source{connection: c, cfg: cfg, log: cfg.Log, chunks: newChunks(cfg.InFlightBytes)}, nil
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

// Stats gives the counts so far.
func (s *Source) Stats() Stats {
	return Stats{
		Gaps: s.stats.gaps.Load(), LostOffsets: s.stats.lost.Load(),
		CommitFailures: s.stats.commitFailures.Load(), Generations: s.stats.generations.Load(),
	}
}

// Run hands every offset that the ledger does not have as done to h, in ranges of one
// partition: first those that were intended, exactly as they were, then the rest in
// order. Without follow all partitions are read, each to the end that it has at the
// start. With follow the partitions are those that the consumer group gives this
// member, until ctx is done. Handlers that are at work then are waited for, what was
// not begun is left for the next run, and the error is the cause of ctx.
func (s *Source) Run(ctx context.Context, follow bool, off Offsets, h Handler) error {
	if follow {
		return s.follow(ctx, off, h)
	}
	return s.drain(ctx, off, h)
}

// drain reads every partition to its present end.
func (s *Source) drain(ctx context.Context, off Offsets, h Handler) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, id := range s.partitions {
		group.Go(func() error {
			p := s.partition(id, false, h, func(next int64) error { return s.commitAlone(ctx, id, next) })
			return p.read(ctx, off)
		})
	}
	return group.Wait()
}

func (s *Source) partition(id int32, follow bool, h Handler, commit func(int64) error) *partition {
	return &partition{
		source: s, id: id, follow: follow, handle: h, commit: commit,
		cursor: cursor{client: s.client, topic: s.topic, partition: id},
	}
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
