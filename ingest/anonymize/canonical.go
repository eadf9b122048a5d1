package anonymize

import (
	"math"
	"math/bits"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// canonicalFlow passes a row whose writer has made the pseudonym: everything else is
// looked at as it is in a record of a sensor.
func (g *Gate) canonicalFlow(f *record.Flow, position int64) {
	c := f.Canonical
	reason := g.canonicalRefusal(c, max(f.Start, f.End), f.Start)
	switch {
	case reason != "":
	case !f.Dst.IsValid():
		reason = "no server address"
	case c.Records == 0:
		reason = "number of records is 0"
	case f.SamplingRate == 0:
		reason = "sampling rate is 0"
	case overflows(f):
		reason = "counts overflow when multiplied by the sampling rate"
	case f.LenSemantics > schemas.LenIPTotal:
		reason = "unknown length semantics"
	case c.Orientation > uint8(schemas.OrientedPort):
		reason = "unknown orientation"
	case f.SensorConfidence > 100:
		reason = "sensor confidence over 100"
	}
	if reason != "" {
		g.Reject(reason, nil, position)
		return
	}
	g.batch.Counts.In += int64(c.Records)
	g.batch.Counts.Flows += int64(c.Records)
	g.batch.Counts.sawSimulated(f.Simulated)
	g.batch.Counts.SawTime(f.Start)
	e := ends{client: c.Client, serverAddr: f.Dst.As16(), clientPort: f.SrcPort, serverPort: f.DstPort}
	g.append(f, &e, lowerCountry(c.Country), c.ASN, c.Records, schemas.Orientation(c.Orientation), false, position)
}

// canonicalDNS passes a look-up whose writer has made the pseudonym.
func (g *Gate) canonicalDNS(d *record.DNS, position int64) {
	if reason := g.canonicalRefusal(d.Canonical, d.Time, d.Time); reason != "" {
		g.Reject(reason, nil, position)
		return
	}
	c := d.Canonical
	g.appendDNS(d, c.Client, lowerCountry(c.Country), c.ASN, position)
}

// canonicalRefusal says why a row of the canonical schema cannot pass, or nothing. latest
// is its last time in ms, first its first.
func (g *Gate) canonicalRefusal(c *record.Canonical, latest, first int64) string {
	switch {
	case !isPseudonym(c.Client):
		return "client is no pseudonym of 64 bits"
	case g.opts.Refuse:
		return "raw client address refused: a canonical client cannot be told from one"
	case first <= 0:
		return "time before 1970"
	case g.isFuture(first), g.isFuture(latest):
		return "time in the future"
	case !isCountry(c.Country):
		return "country is no ISO code of two letters"
	}
	return ""
}

// isPseudonym tells a pseudonym from an IPv4 address or another small number, wherever in
// the 64 bits it stands; one pseudonym in 2^30 looks like one.
func isPseudonym(client uint64) bool {
	high, low := uint32(client>>32), uint32(client)
	return high != 0 && low != 0 && high != 0xffff && high != math.MaxUint32
}

// isCountry accepts two letters, and nothing for an unknown one.
func isCountry(code []byte) bool {
	return len(code) == 0 || len(code) == 2 && isLetter(code[0]) && isLetter(code[1])
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func lowerCountry(code []byte) string {
	if len(code) == 0 {
		return ""
	}
	return string([]byte{code[0] | 0x20, code[1] | 0x20})
}

// overflows reports counts that do not fit into 63 bits once they are multiplied.
func overflows(f *record.Flow) bool {
	for _, n := range [...]uint64{f.SrcBytes, f.DstBytes, f.SrcPackets, f.DstPackets} {
		if high, low := bits.Mul64(n, uint64(f.SamplingRate)); high != 0 || low > math.MaxInt64 {
			return true
		}
	}
	return false
}
