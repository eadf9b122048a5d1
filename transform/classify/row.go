package classify

import (
	"unsafe"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
)

const (
	protoTCP = 6
	protoUDP = 17
)

// batch is what rules read of one record batch.
type batch struct {
	flows    schemas.Flows
	enriched bool
	matches  enrich.Matches
	context  []uint32 // sets of flowcontext.Bits, nil where the batch carries none
	server   []byte   // 16 bytes a row
	sensors  []*sensorLabel
	sensor   []int32 // index into sensors by row
}

// row is one flow of a batch, with what its anchors already found out.
type row struct {
	*batch
	i       int
	nameSet uint32         // set of name groups of the server name
	listed  []enrich.Match // valid entries for the address
	named   []enrich.Match // valid entries for the server name
	entries []enrich.Entry
	names   func(set uint32) []uint32
}

// label is what the pack makes of the row's sensor label, nil where there is none.
func (b *batch) label(i int) *sensorLabel {
	if k := int(b.sensor[i]); k < len(b.sensors) {
		return b.sensors[k]
	}
	return nil
}

// overheadV4 and overheadV6 are IP and UDP headers in bytes (RFC 791, 8200, 768).
const (
	overheadV4 = 28
	overheadV6 = 48
)

// v4 reports whether the server's address is IPv4 (stored IPv4-mapped).
func (b *batch) v4(i int) bool {
	a := b.server[i*16 : i*16+12]
	return *(*uint64)(unsafe.Pointer(&a[0])) == 0 && a[8] == 0 && a[9] == 0 && a[10] == 0xff && a[11] == 0xff
}

// isLocal reports a server that is a multicast group, a broadcast address, on the link, or
// unspecified.
func (b *batch) isLocal(i int) bool {
	a := b.server[i*16 : (i+1)*16]
	if !b.v4(i) {
		return a[0] == 0xff || a[0] == 0xfe && a[1]&0xc0 == 0x80 || [16]byte(a) == [16]byte{}
	}
	v4 := [4]byte(a[12:])
	return v4[0]&0xf0 == 0xe0 || v4 == [4]byte{255, 255, 255, 255} || v4 == [4]byte{} || v4[0] == 169 && v4[1] == 254
}

// overhead is what to subtract from a reported length to get the payload's. Lengths
// with TCP headers cannot be reduced: options vary from packet to packet.
func (b *batch) overhead(i int) (n int16, known bool) {
	switch schemas.LenSemantics(b.flows.LenSemantics[i]) {
	case schemas.LenL4Payload:
		return 0, true
	case schemas.LenIPTotal:
		if b.flows.Protocol[i] != protoUDP {
			return 0, false
		}
		if b.v4(i) {
			return overheadV4, true
		}
		return overheadV6, true
	}
	return 0, false
}

// sizes are the row's first sizes as reported.
func (b *batch) sizes(i int) []int16 {
	return b.flows.FirstSizes[i*schemas.MaxFirstSizes : (i+1)*schemas.MaxFirstSizes]
}

// payload reduces a reported size by the overhead, keeping the direction's sign.
func payload(size, overhead int16) int32 {
	if size < 0 {
		return int32(size) + int32(overhead)
	}
	return int32(size) - int32(overhead)
}

// first gives the first payload size in one direction, as a positive number.
func (b *batch) first(i int, up bool) (n int32, known bool) {
	overhead, ok := b.overhead(i)
	if !ok {
		return 0, false
	}
	for _, s := range b.sizes(i) {
		if s == 0 {
			break
		}
		if (s > 0) == up {
			n = payload(s, overhead)
			return max(n, -n), true
		}
	}
	return 0, false
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
