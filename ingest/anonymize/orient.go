package anonymize

import (
	"github.com/gaissmai/bart"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// orient decides whether the destination is the client (flip), and how that is known:
// by home prefixes, by what the source says of the initiator, by ports.
func orient(f *record.Flow, home *bart.Lite) (how schemas.Orientation, flip bool) {
	if home != nil {
		src, dst := home.Contains(f.Src.Unmap()), home.Contains(f.Dst.Unmap())
		if src != dst {
			return schemas.OrientedHome, dst
		}
	}
	if f.Initiator {
		return schemas.OrientedInitiator, false
	}
	return orientByPort(f)
}

// firstEphemeral is where the port ranges of clients begin: RFC 6335 says 49152, Linux
// uses 32768.
const firstEphemeral = 32768

// orientByPort takes the end with the service's port for the server: a port below
// 1024 against one above, a registered one against an ephemeral one.
func orientByPort(f *record.Flow) (how schemas.Orientation, flip bool) {
	for _, border := range [...]uint16{1024, firstEphemeral} {
		src, dst := f.SrcPort < border, f.DstPort < border
		if src != dst {
			return schemas.OrientedPort, src
		}
	}
	return schemas.OrientedUnknown, false
}
