package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/pipeline"
)

// runTopics reads all topics at the same time: one that is followed has no end for
// another to wait for. The first failure ends all.
func (a *app) runTopics(ctx context.Context, pipe *pipeline.Pipeline, uris []string, follow bool, again *readings) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, uri := range uris {
		group.Go(func() error { return a.runTopic(ctx, pipe, uri, follow, again) })
	}
	return group.Wait()
}

// runTopic reads one Kafka topic, where again is given first what was rejected of it.
func (a *app) runTopic(ctx context.Context, pipe *pipeline.Pipeline, uri string, follow bool, again *readings) error {
	source, err := kafka.Open(ctx, uri, a.kafkaConfig())
	if err != nil {
		return err
	}
	defer source.Close()
	if a.watched != nil {
		a.watched.readsTopic(source)
	}
	if again != nil {
		if err := pipe.TopicAgain(ctx, source, again.ofTopic); err != nil {
			return err
		}
	}
	if follow {
		a.log.Info("following", "topic", source.Topic())
	}
	return pipe.Topic(ctx, source, follow)
}

// kafkaConfig is what the configuration says of Kafka.
func (a *app) kafkaConfig() kafka.Config {
	k, in := a.cfg.Kafka, a.cfg.Ingest
	c := kafka.Config{
		User: k.User, Password: k.Password, CAFile: k.CAFile, CertFile: k.CertFile, KeyFile: k.KeyFile,
		Block: int64(in.BlockRecords), FlushAfter: in.flushAfter(), Log: a.log,
	}
	if w := a.watched; w != nil {
		c.Watch = func() func(error) { return w.work(stageBroker) }
		c.Heard = func(topic string, partition int32, stored, end int64, last time.Time) {
			w.lags.Hear(hideNames(topic), partition, stored, end, last)
		}
		c.Left = func(topic string, partition int32) { w.lags.Leave(hideNames(topic), partition) }
	}
	return c
}
