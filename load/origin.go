package load

import (
	"crypto/sha256"
	"encoding/binary"
)

// originOf numbers a source: the rows of all tables carry it, so that a source can be
// forgotten. 0 is no source's.
func originOf(source string) uint64 {
	sum := sha256.Sum256([]byte(source))
	return max(1, binary.BigEndian.Uint64(sum[:8]))
}
