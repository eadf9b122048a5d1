package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/pipeline"
)

// progress shows on a terminal how far a run is: bar, records, rate, remaining time.
type progress struct {
	out     io.Writer
	stats   *pipeline.Stats
	total   int64             // bytes, 0 where unknown
	opened  chan func() int64 // bytes read of a source
	stop    chan struct{}
	stopped chan struct{}
	began   time.Time
}

// startProgress begins to draw every 200 ms where out is a terminal; total is the
// size of all sources in bytes, 0 where it is unknown.
func startProgress(out io.Writer, stats *pipeline.Stats, total int64) *progress {
	p := &progress{
		out: out, stats: stats, total: total, opened: make(chan func() int64, 64),
		stop: make(chan struct{}), stopped: make(chan struct{}), began: time.Now(),
	}
	go p.run(isTerminal(out))
	return p
}

// Opened notes a source whose reading counts.
func (p *progress) Opened(src *files.Source) { p.opened <- src.Progress() }

// Stop ends the drawing and clears the line.
func (p *progress) Stop() {
	close(p.stop)
	<-p.stopped
}

func (p *progress) run(draw bool) {
	defer close(p.stopped)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var sources []func() int64
	for {
		select {
		case consumed := <-p.opened:
			sources = append(sources, consumed)
		case <-tick.C:
			var read int64
			for _, consumed := range sources {
				read += consumed()
			}
			if draw {
				fmt.Fprintf(p.out, "\r\x1b[K%s", p.line(read, time.Since(p.began)))
			}
		case <-p.stop:
			if draw {
				fmt.Fprint(p.out, "\r\x1b[K")
			}
			return
		}
	}
}

// line is what the terminal shows after some time: half of the way is reading, half of it
// storing, so that the bar neither waits for the first batch nor is full before the last.
func (p *progress) line(read int64, elapsed time.Duration) string {
	in, decoded := p.stats.In.Load(), max(p.stats.Read.Load(), p.stats.In.Load())
	rate := float64(in) / max(elapsed.Seconds(), 1e-3)
	text := fmt.Sprintf("%s records read, %s stored, %s/s", count(decoded), count(in), count(int64(rate)))
	if p.total <= 0 || read <= 0 {
		return text
	}
	share := min(1, float64(read)/float64(p.total)) / 2
	if decoded > 0 {
		share *= 1 + float64(in)/float64(decoded)
	}
	return barOf(share, text, elapsed)
}

// barOf is a bar with what was done, and how long the rest takes if it goes on as it went.
func barOf(share float64, text string, elapsed time.Duration) string {
	const width = 20
	full := int(share * width)
	return fmt.Sprintf("[%s%s] %3.0f %%  %s, %s left", strings.Repeat("=", full), strings.Repeat(" ", width-full), 100*share, text, remaining(share, elapsed))
}

// remaining is how long the rest takes if it goes on as it went.
func remaining(share float64, elapsed time.Duration) time.Duration {
	return time.Duration(float64(elapsed) * (1 - share) / share).Round(time.Second)
}

// watchSteps draws on a terminal how many steps of a long computation are done; what names them. Nothing is drawn
// elsewhere.
func watchSteps(out io.Writer, what string) func(done, of int) {
	if !isTerminal(out) {
		return nil
	}
	began, drawn := time.Now(), time.Time{}
	return func(done, of int) {
		switch {
		case done == of:
			fmt.Fprint(out, "\r\x1b[K")
		case time.Since(drawn) > 200*time.Millisecond:
			drawn = time.Now()
			fmt.Fprintf(out, "\r\x1b[K%s", barOf(float64(done)/float64(of), fmt.Sprintf("%s of %s %s", count(int64(done)), count(int64(of)), what), time.Since(began)))
		}
	}
}

// count writes a number with thousands separated by commas.
func count(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && d != '-' && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
