package main

import (
	"context"
	"errors"

	"github.com/banshift/banshift/ingest/pipeline"
)

// runTopic reads one Kafka topic.
func (a *app) runTopic(ctx context.Context, pipe *pipeline.Pipeline, uri string, follow bool) error {
	return errors.New("kafka: waiting for ingest/kafka")
}
