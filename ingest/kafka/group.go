package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

const (
	// joinBackoff replaces kafka-go's 5 s, which every first join and recovery would cost.
	joinBackoff = 300 * time.Millisecond
	// sessionTimeout is how long the group waits for a member that died. kafka-go sends
	// no heartbeat between the end of a generation and the return of its readers: a
	// handler that takes longer costs another rebalance, and the ledger decides the rest.
	sessionTimeout   = 10 * time.Second
	rebalanceTimeout = 60 * time.Second
	// heartbeat is how often a member asks whether others joined or left: who joins waits for the slowest to ask.
	heartbeat = time.Second
)

// follow reads the partitions that the group gives this member, generation after generation.
func (s *Source) follow(outer context.Context, off Offsets, h Handler) error {
	group, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: s.group, Brokers: s.brokers, Dialer: s.dialer, Topics: []string{s.topic},
		SessionTimeout: sessionTimeout, RebalanceTimeout: rebalanceTimeout, HeartbeatInterval: heartbeat,
		JoinGroupBackoff: joinBackoff, WatchPartitionChanges: true,
	})
	if err != nil {
		return fmt.Errorf("kafka group %s: %w", s.group, err)
	}
	ctx, cancel := context.WithCancel(outer)
	defer cancel()
	lasting, end := s.outlive(ctx)
	defer end()
	failures := make(chan error, 1)
	fail := func(err error) {
		select {
		case failures <- err:
		default: // the first one counts
		}
		cancel()
	}
	var warned time.Time
	for {
		generation, err := group.Next(ctx)
		if ctx.Err() != nil {
			// Close waits for the readers, and with them for their handlers.
			closing := group.Close()
			select {
			case err := <-failures:
				return err
			default:
			}
			if stop := context.Cause(outer); stop != nil {
				return stop
			}
			return closing
		}
		if err != nil {
			if hopeless(err) {
				cancel()
				group.Close()
				return fmt.Errorf("kafka group %s: %w", s.group, err)
			}
			if time.Since(warned) > 30*time.Second && !errors.Is(err, kafkago.RebalanceInProgress) {
				warned = time.Now()
				s.log.Warn("kafka group: trying again", "group", s.group, "error", err)
			}
			continue
		}
		s.stats.generations.Add(1)
		s.start(ctx, lasting, fail, generation, off, h)
	}
}

// start begins a reader for each partition of a generation. A generation ends as soon
// as one of its functions returns, so that each stays until it is over.
func (s *Source) start(ctx, lasting context.Context, fail func(error), g *kafkago.Generation, off Offsets, h Handler) {
	for _, assigned := range g.Assignments[s.topic] {
		id := int32(assigned.ID)
		commit := func(next int64) error {
			return g.CommitOffsets(map[string]map[int]int64{s.topic: {int(id): next}})
		}
		g.Start(func(generation context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(generation, cancel)()
			read := func() error {
				p := s.partition(id, true, h, commit)
				p.lasting = lasting
				return p.read(ctx, off)
			}
			err := read()
			for errors.Is(err, ErrTaken) && ctx.Err() == nil {
				s.stats.taken.Add(1)
				s.log.Warn("another program has begun to read this partition: waiting", "topic", s.topic, "partition", id, "for", s.cfg.TakeBackAfter)
				if err = wait(ctx, s.cfg.TakeBackAfter); err == nil {
					err = read()
				}
			}
			var failed *handlerError
			if errors.As(err, &failed) && !errors.Is(err, ErrTaken) || err != nil && ctx.Err() == nil {
				fail(err)
			}
			<-ctx.Done()
		})
	}
}

// hopeless reports whether the group will never take this member. Everything else, an
// evicted member or a broker that is gone, is answered by joining again.
func hopeless(err error) bool {
	for _, code := range []kafkago.Error{
		kafkago.GroupAuthorizationFailed, kafkago.TopicAuthorizationFailed, kafkago.ClusterAuthorizationFailed,
		kafkago.SASLAuthenticationFailed, kafkago.InvalidGroupId, kafkago.InconsistentGroupProtocol, kafkago.InvalidSessionTimeout,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
