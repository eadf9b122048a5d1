package decode

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// Rows reads the rows of a canonical source into sink; positions are ordinals of rows. A
// batch is read whole before its first row reaches the sink, so that a damaged one gives
// none. The error is fatal for the rest of src.
func Rows(ctx context.Context, f Format, src Source, sink record.Sink) error {
	batches, err := Canonical(f, src, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer batches.Release()
	var position int64
	for batches.Next() {
		rec := batches.Record()
		if _, err := guard(func() (arrow.Record, error) { return nil, batches.rows(ctx, 0, nowhere{}) }); err != nil {
			return fmt.Errorf("batch %d: %w", batches.n-1, err)
		}
		if err := batches.rows(ctx, position, sink); err != nil {
			return err
		}
		position += rec.NumRows()
	}
	return batches.Err()
}

// nowhere is a sink for rows that are only looked at.
type nowhere struct{}

func (nowhere) Flow(*record.Flow, int64)     {}
func (nowhere) DNS(*record.DNS, int64)       {}
func (nowhere) Reject(string, []byte, int64) {}
func (nowhere) Skip(string, int64)           {}

// rows gives the rows of the batch to sink.
func (b *Batches) rows(ctx context.Context, first int64, sink record.Sink) error {
	if b.schema == schemas.DNSSchema {
		return b.lookups(ctx, first, sink)
	}
	return b.flows(ctx, first, sink)
}

// unreadable says why row i cannot be read at all, or nothing.
func (b *Batches) unreadable(i int, required []int) string {
	if reason := b.misfits[i]; reason != "" {
		return reason
	}
	for _, c := range required {
		if b.rec.Column(c).IsNull(i) {
			return b.schema.Field(c).Name + " is NULL"
		}
	}
	return ""
}

func (b *Batches) flows(ctx context.Context, first int64, sink record.Sink) error {
	v, err := schemas.FlowsOf(b.rec)
	if err != nil {
		return err
	}
	var f record.Flow
	var c record.Canonical
	for i := range v.Len {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		position := first + int64(i)
		if reason := b.unreadable(i, schemas.FlowRequired); reason != "" {
			sink.Reject(reason, nil, position)
			continue
		}
		reason := b.flow(&v, i, &f, &c)
		if reason != "" {
			sink.Reject(reason, nil, position)
			continue
		}
		sink.Flow(&f, position)
	}
	return nil
}

// flow fills f and c with row i, or says why it cannot.
func (b *Batches) flow(v *schemas.Flows, i int, f *record.Flow, c *record.Canonical) string {
	*c = record.Canonical{
		Client: v.Client[i], Country: dictText(v.ClientCountry, i), ASN: orNull(b, schemas.FlowClientASN, v.ClientASN, i, 0),
		Orientation: orNull(b, schemas.FlowOrientation, v.Orientation, i, 0), Records: orNull(b, schemas.FlowRecords, v.Records, i, 1),
	}
	// Older files have traits among their signatures.
	low, traits := schemas.SplitTraits(orNull(b, schemas.FlowSignatures, v.Signatures, i, 0))
	*f = record.Flow{
		Start: int64(v.Start[i]), End: int64(v.End[i]), Dst: netip.AddrFrom16([16]byte(v.Server.Value(i))),
		SrcPort: orNull(b, schemas.FlowClientPort, v.ClientPort, i, 0), DstPort: v.ServerPort[i], Protocol: v.Protocol[i],
		SrcBytes: v.BytesUp[i], DstBytes: v.BytesDown[i], SrcPackets: v.PacketsUp[i], DstPackets: v.PacketsDown[i],
		TCPFlags:     orNull(b, schemas.FlowTCPFlags, v.TCPFlags, i, 0),
		SamplingRate: orNull(b, schemas.FlowSamplingRate, v.SamplingRate, i, 1),
		SNI:          text(v.SNI, i), ALPN: text(v.ALPN, i), JA4: text(v.JA4, i),
		LenSemantics: schemas.LenSemantics(orNull(b, schemas.FlowLenSemantics, v.LenSemantics, i, 0)),
		Signatures:   schemas.SignatureSet{low, orNull(b, schemas.FlowSignaturesHigh, v.SignaturesHigh, i, 0)},
		Traits:       traits | schemas.Traits(orNull(b, schemas.FlowTraits, v.Traits, i, 0)),
		SensorLabel:  dictText(v.SensorLabel, i), SensorConfidence: orNull(b, schemas.FlowSensorConfidence, v.SensorConfidence, i, 0),
		Exporter: dictText(v.Exporter, i), Simulated: !v.Simulated.IsNull(i) && v.Simulated.Value(i),
		Canonical: c,
	}
	if sizes := b.rec.Column(schemas.FlowFirstSizes).(*array.FixedSizeList); !sizes.IsNull(i) {
		values := sizes.ListValues()
		for k := range f.FirstSizes {
			if !values.IsNull((sizes.Offset()+i)*schemas.MaxFirstSizes + k) {
				f.FirstSizes[k] = v.FirstSizes[i*schemas.MaxFirstSizes+k]
			}
		}
	}
	return notText(c.Country, f.SNI, f.ALPN, f.JA4, f.SensorLabel, f.Exporter)
}

func (b *Batches) lookups(ctx context.Context, first int64, sink record.Sink) error {
	v, err := schemas.DNSOf(b.rec)
	if err != nil {
		return err
	}
	var d record.DNS
	var c record.Canonical
	for i := range v.Len {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		position := first + int64(i)
		if reason := b.unreadable(i, schemas.DNSRequired); reason != "" {
			sink.Reject(reason, nil, position)
			continue
		}
		if reason := b.lookup(&v, i, &d, &c); reason != "" {
			sink.Reject(reason, nil, position)
			continue
		}
		sink.DNS(&d, position)
	}
	return nil
}

// lookup fills d and c with row i, or says why it cannot.
func (b *Batches) lookup(v *schemas.DNS, i int, d *record.DNS, c *record.Canonical) string {
	*c = record.Canonical{Client: v.Client[i], Country: dictText(v.ClientCountry, i), ASN: orNull(b, schemas.DNSClientASN, v.ClientASN, i, 0), Records: 1}
	d.Reset()
	d.Time, d.Name, d.Type = int64(v.Time[i]), text(v.Name, i), v.Type[i]
	d.Rcode = orNull(b, schemas.DNSRcode, v.Rcode, i, schemas.NoRcode)
	d.LatencyUS = orNull(b, schemas.DNSLatencyUS, v.LatencyUS, i, 0)
	d.Exporter, d.Canonical = dictText(v.Exporter, i), c
	d.Simulated = !v.Simulated.IsNull(i) && v.Simulated.Value(i)
	if !v.Resolver.IsNull(i) {
		d.Resolver = netip.AddrFrom16([16]byte(v.Resolver.Value(i)))
	}
	if !v.Answers.IsNull(i) {
		values := v.Answers.ListValues().(*array.FixedSizeBinary)
		from, to := v.Answers.ValueOffsets(i)
		for k := int(from); k < int(to); k++ {
			if !values.IsNull(k) {
				d.Answers = append(d.Answers, netip.AddrFrom16([16]byte(values.Value(k))))
			}
		}
	}
	return notText(c.Country, d.Name, d.Exporter)
}

// orNull gives row i of a column, or what stands for its NULL.
func orNull[T any](b *Batches, column int, values []T, i int, null T) T {
	if b.rec.Column(column).IsNull(i) {
		return null
	}
	return values[i]
}

// text gives row i of a column of strings, or nothing for NULL.
func text(c *array.String, i int) []byte {
	if c.IsNull(i) {
		return nil
	}
	return []byte(c.Value(i))
}

// dictText is text for a dictionary, in which the value may be NULL as well as the index.
func dictText(d *array.Dictionary, i int) []byte {
	if d.IsNull(i) {
		return nil
	}
	values := d.Dictionary().(*array.String)
	k := d.GetValueIndex(i)
	if k < 0 || k >= values.Len() {
		panic(errors.New("an index leads out of its dictionary"))
	}
	return text(values, k)
}

// notText says that one of the texts cannot be written as such, or nothing.
func notText(texts ...[]byte) string {
	for _, t := range texts {
		if !utf8.Valid(t) {
			return "text is not UTF-8"
		}
	}
	return ""
}
