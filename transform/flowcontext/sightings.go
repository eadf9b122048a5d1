package flowcontext

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// Sightings are what the rows of one range are to each other and to the rows next
// to them. They keep alive the eight columns of the flow batch that this needs (62 bytes a
// row of 160) and nothing of the DNS batch. Release them.
type Sightings struct {
	rows       int
	start, end []arrow.Timestamp
	client     []uint64
	server     *array.FixedSizeBinary
	up, down   []uint64
	rate       []uint32
	port       []uint16 // the server's
	retained   []arrow.Array

	kinds []kind
	ends  filter // of rows of a rare kind
	long  filter // clients of long flows
	asked []lookup
	// asking are the clients in asked.
	asking           filter
	hasRare, hasLong bool

	pool *sync.Pool
}

// kept are the columns whose values are looked at again.
var kept = [...]int{
	schemas.FlowStart, schemas.FlowEnd, schemas.FlowClient, schemas.FlowServer,
	schemas.FlowBytesUp, schemas.FlowBytesDown, schemas.FlowSamplingRate, schemas.FlowServerPort,
}

// Look takes in the batches of one range; either may be nil. Clients of dns match those
// of flows only where both have the same pseudonyms.
func (s *Stage) Look(flows, dns arrow.Record) (*Sightings, error) {
	seen := s.sightings.Get().(*Sightings)
	if flows != nil {
		if err := seen.lookAtFlows(flows); err != nil {
			seen.Release()
			return nil, fmt.Errorf("context: %w", err)
		}
	}
	if dns != nil && s.interest != nil {
		if err := seen.lookAtDNS(dns, s.interest); err != nil {
			seen.Release()
			return nil, fmt.Errorf("context: %w", err)
		}
	}
	return seen, nil
}

// Release gives the columns back.
func (s *Sightings) Release() {
	for _, c := range s.retained {
		c.Release()
	}
	*s = Sightings{kinds: s.kinds[:0], asked: s.asked[:0], retained: s.retained[:0], pool: s.pool}
	s.pool.Put(s)
}

func (s *Sightings) lookAtFlows(rec arrow.Record) error {
	f, err := schemas.FlowsOf(rec)
	if err != nil {
		return err
	}
	for _, i := range kept {
		rec.Column(i).Retain()
		s.retained = append(s.retained, rec.Column(i))
	}
	s.rows, s.start, s.end, s.client, s.server = f.Len, f.Start, f.End, f.Client, f.Server
	s.up, s.down, s.rate, s.port = f.BytesUp, f.BytesDown, f.SamplingRate, f.ServerPort
	s.kinds = slices.Grow(s.kinds[:0], f.Len)[:f.Len]
	for i := range f.Len {
		k := kindsOf(&f, i)
		s.kinds[i] = k
		if k&rare != 0 {
			if h := s.hashEnds(i); h != 0 {
				s.ends.add(h)
				s.hasRare = true
			}
		}
		if s.isLong(i) {
			s.long.add(hashClient(f.Client[i]))
			s.hasLong = true
		}
	}
	return nil
}

func (s *Sightings) serverOf(i int) []byte { return s.server.Value(i) }

func (s *Sightings) isLong(i int) bool { return int64(s.end[i]-s.start[i]) >= PeerDuration }

// bytesOf is what a flow moved in both directions, scaled to what was not sampled.
func (s *Sightings) bytesOf(i int) uint64 { return (s.up[i] + s.down[i]) * uint64(max(s.rate[i], 1)) }

// filterBits is the size of the filters that spare most rows the sorting.
const filterBits = 16

// filter holds hashes; what it lacks was surely not added.
type filter [1 << filterBits / 64]uint64

func (f *filter) add(hash uint64) {
	f[hash>>(64-filterBits)/64] |= 1 << (hash >> (64 - filterBits) % 64)
}

func (f *filter) has(hash uint64) bool {
	return f[hash>>(64-filterBits)/64]&(1<<(hash>>(64-filterBits)%64)) != 0
}

// merge adds all that the other has.
func (f *filter) merge(other *filter) {
	for i, word := range other {
		f[i] |= word
	}
}

func hashClient(client uint64) uint64 { return client * 0x9e3779b97f4a7c15 }

var nowhere [16]byte

// hashEnds is 0 where the server's address is withheld: such flows have no neighbours.
func (s *Sightings) hashEnds(i int) uint64 {
	server := s.serverOf(i)
	if bytes.Equal(server, nowhere[:]) {
		return 0
	}
	h := hashClient(s.client[i]) ^ binary.LittleEndian.Uint64(server)
	return (h*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(server[8:])) * 0x9e3779b97f4a7c15
}
