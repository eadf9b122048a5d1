package classify

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/flowcontext"
)

// TestExamples runs every rule on the examples that it carries and gives one error for
// each that goes wrong.
func (p *Pack) TestExamples() error {
	var errs []error
	for i := range p.source {
		src := &p.source[i]
		for k := range src.Examples.Match {
			errs = append(errs, p.testExample(uint16(i), &src.Examples.Match[k], true, fmt.Sprintf("match %d", k+1)))
		}
		for k := range src.Examples.NoMatch {
			errs = append(errs, p.testExample(uint16(i), &src.Examples.NoMatch[k], false, fmt.Sprintf("no_match %d", k+1)))
		}
	}
	return errors.Join(errs...)
}

// NumExamples is how many examples the rules carry: flows that they must fire on and
// flows that they must not.
func (p *Pack) NumExamples() (match, noMatch int) {
	for i := range p.source {
		match += len(p.source[i].Examples.Match)
		noMatch += len(p.source[i].Examples.NoMatch)
	}
	return match, noMatch
}

func (p *Pack) testExample(i uint16, ex *Example, want bool, which string) error {
	got, err := p.fires(i, ex)
	if err != nil {
		return fmt.Errorf("%s: rule %s, example %s: %w", p.source[i].file, p.RuleID(i), which, err)
	}
	if got != want {
		return fmt.Errorf("%s: rule %s, example %s: fires %t, want %t", p.source[i].file, p.RuleID(i), which, got, want)
	}
	return nil
}

// fires reports whether rule i fires on an example, through its anchor.
func (p *Pack) fires(i uint16, ex *Example) (bool, error) {
	rec, lists, err := ex.Record(memory.DefaultAllocator)
	if err != nil {
		return false, err
	}
	defer rec.Release()
	c, err := New(p, Options{Lists: lists})
	if err != nil {
		return false, err
	}
	w := newWorker(c)
	if err := w.open(rec); err != nil {
		return false, err
	}
	w.fire(0)
	if p.rules[i].supporting {
		w.clear()
		w.run(i)
	}
	for _, h := range w.hits {
		if h.rule == i {
			return true, nil
		}
	}
	return false, nil
}

// exampleDay is when examples take place.
var exampleDay = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// Record makes a batch of one row of the example, enriched as it says.
func (ex *Example) Record(mem memory.Allocator) (arrow.Record, *enrich.Lists, error) {
	server := netip.MustParseAddr("192.0.2.1")
	if ex.IPv6 {
		server = netip.MustParseAddr("2001:db8::1")
	}
	if ex.Server != "" {
		var err error
		if server, err = netip.ParseAddr(ex.Server); err != nil {
			return nil, nil, fmt.Errorf("server: %w", err)
		}
	}
	lists, err := ex.lists(server)
	if err != nil {
		return nil, nil, err
	}
	flow, err := ex.flow(mem, server)
	if err != nil {
		return nil, nil, err
	}
	defer flow.Release()
	kind, err := enrich.ParseASType(ex.ServerType)
	if err != nil {
		return nil, nil, err
	}
	context, err := parseContext(ex.Context)
	if err != nil {
		return nil, nil, err
	}
	enriched := enrich.Attach(mem, flow, lists, enrich.Matches{
		Network: []uint32{ex.ServerASN}, Country: []uint16{0}, Type: []uint8{uint8(kind)},
		AddressMatch: []uint32{lists.Address(server)}, NameMatch: []uint32{lists.Name(ex.SNI)},
	})
	defer enriched.Release()
	return flowcontext.Attach(mem, enriched, []flowcontext.Bits{context}), lists, nil
}

func (ex *Example) lists(server netip.Addr) (*enrich.Lists, error) {
	if ex.List == nil {
		return enrich.ListsOf(nil, nil)
	}
	kind, err := enrich.ParseKind(ex.List.Kind)
	if err != nil {
		return nil, err
	}
	asOf := exampleDay.AddDate(0, 0, -ex.List.AgeDays)
	const forever = int64(^uint64(0) >> 1)
	s := enrich.Statement{Prefix: netip.PrefixFrom(server, server.BitLen()), Entry: enrich.Entry{
		Kind: kind, Exact: ex.List.Exact, Share: float32(ex.List.Share), Port: ex.List.Port,
		Tool: ex.List.Tool, Service: ex.List.Service,
		ValidFrom: asOf.UnixMilli(), ValidTo: forever, AsOf: asOf.UnixMilli(),
	}}
	if ex.List.Name {
		s.Prefix, s.Name = netip.Prefix{}, ex.SNI
	}
	return enrich.ListsOf([]enrich.ListInfo{{Name: "example", AsOf: asOf}}, []enrich.Statement{s})
}

func (ex *Example) flow(mem memory.Allocator, server netip.Addr) (arrow.Record, error) {
	protocol := uint8(protoTCP)
	if ex.Proto != "" {
		n, err := parseProtocol(ex.Proto)
		if err != nil {
			return nil, err
		}
		protocol = n
	}
	signatures, err := parseSignatures(ex.Signatures)
	if err != nil {
		return nil, err
	}
	traits, err := parseTraits(ex.Traits)
	if err != nil {
		return nil, err
	}
	semantics, ok := map[string]schemas.LenSemantics{
		"": schemas.LenL4Payload, "l4_payload": schemas.LenL4Payload, "ip_total": schemas.LenIPTotal, "unknown": schemas.LenUnknown,
	}[ex.Lengths]
	if !ok {
		return nil, fmt.Errorf("unknown lengths %q", ex.Lengths)
	}
	var sizes [schemas.MaxFirstSizes]int16
	copy(sizes[:], ex.Sizes)

	b := schemas.NewFlowBuilder(mem, 1)
	defer b.Release()
	start := exampleDay.UnixMilli()
	b.Start.Append(start)
	b.End.Append(start + int64(ex.DurationS*1000))
	b.Client.Append(1)
	b.ClientPort.Append(ex.ClientPort)
	b.ClientCountry.AppendString("")
	b.ClientASN.Append(0)
	b.Server.Append(server.As16())
	b.ServerPort.Append(ex.ServerPort)
	b.Protocol.Append(protocol)
	b.BytesUp.Append(ex.BytesUp)
	b.BytesDown.Append(ex.BytesDown)
	b.PacketsUp.Append(ex.PacketsUp)
	b.PacketsDown.Append(ex.PacketsDown)
	b.TCPFlags.Append(ex.TCPFlags)
	b.SamplingRate.Append(1)
	b.SNI.AppendString(ex.SNI)
	b.ALPN.AppendString(ex.ALPN)
	b.JA4.AppendString(ex.JA4)
	b.FirstSizes.Append(sizes)
	b.LenSemantics.Append(uint8(semantics))
	b.AppendSeen(0, signatures, traits)
	b.SensorLabel.AppendString(ex.Sensor)
	b.SensorConfidence.Append(ex.Confidence)
	b.Exporter.AppendString("example")
	b.Source.AppendString("example")
	b.Partition.Append(0)
	b.Offset.Append(0)
	b.Orientation.Append(uint8(schemas.OrientedInitiator))
	b.Records.Append(1)
	b.Simulated.Append(false)
	return b.Record(), nil
}
