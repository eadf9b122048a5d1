package pipeline

import (
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/meter/inspect"
	"github.com/banshift/banshift/ingest/record"
)

// InspectPayloads has packets that a sensor passes on (nDPId) looked at as the meter
// looks at its own: signatures, and SNI, ALPN and JA4 where the sensor gave none. Not
// safe for concurrent use.
func InspectPayloads() decode.Inspect {
	inspector := inspect.New()
	return func(f *record.Flow, payloads []decode.Payload) {
		seen := inspect.Flow{Protocol: f.Protocol, SrcPort: f.SrcPort, DstPort: f.DstPort, Initiator: f.Initiator}
		for _, p := range payloads {
			seen.Payloads = append(seen.Payloads, inspect.Payload{Up: p.FromSrc, Size: p.Size, Time: p.Time, Data: p.Data})
		}
		found := inspector.Inspect(&seen)
		f.Signatures, f.Traits = f.Signatures.With(found.Signatures), f.Traits|found.Traits
		for _, field := range []struct {
			have  *[]byte
			found []byte
		}{{&f.SNI, found.SNI}, {&f.ALPN, found.ALPN}, {&f.JA4, found.JA4}} {
			if len(*field.have) == 0 {
				*field.have = field.found
			}
		}
	}
}
