package main

import (
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/pipeline"
)

func TestProgressMoves(t *testing.T) {
	var stats pipeline.Stats
	p := &progress{stats: &stats, total: 1000}
	if got := p.line(0, time.Second); got != "0 records read, 0 stored, 0/s" {
		t.Errorf("before anything is read: %q", got)
	}
	last := ""
	for _, at := range []struct {
		bytes, read, stored int64
		says                string
	}{
		{400, 0, 0, " 20 %  0 records read"}, // before the first batch
		{400, 800, 0, " 20 %  800 records read, 0 stored"},
		{400, 800, 400, " 30 %"},
		{1000, 2000, 1000, " 75 %  2,000 records read, 1,000 stored"},
		{1000, 2000, 2000, "100 %"},
	} {
		stats.Read.Store(at.read)
		stats.In.Store(at.stored)
		got := p.line(at.bytes, 10*time.Second)
		if !strings.Contains(got, at.says) || len(got) > 99 || got == last {
			t.Errorf("%+v: %q", at, got)
		}
		last = got
	}
}
