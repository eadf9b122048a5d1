package meter

import (
	"bytes"

	"github.com/banshift/banshift/ingest/meter/packet"
)

// key is a five-tuple with its ends in a fixed order, the same for both directions.
type key struct {
	lo, hi         [16]byte
	loPort, hiPort uint16
	protocol       uint8
}

// keyOf gives the key of a packet; swapped says that its sender is the key's hi end.
func keyOf(d *packet.Datagram, s *packet.Segment) (k key, swapped bool) {
	src, dst := d.Src.As16(), d.Dst.As16()
	order := bytes.Compare(src[:], dst[:])
	if order > 0 || order == 0 && s.SrcPort > s.DstPort {
		return key{dst, src, s.DstPort, s.SrcPort, d.Protocol}, true
	}
	return key{src, dst, s.SrcPort, s.DstPort, d.Protocol}, false
}

// Classes of flows with an idle time of their own.
const (
	classTCP = iota
	classUDP
	classOther
	numClasses
)

func classOf(protocol uint8) int {
	switch protocol {
	case packet.TCP:
		return classTCP
	case packet.UDP:
		return classUDP
	}
	return classOther
}

// table holds the flows that are open, each class in order of last use.
type table struct {
	max     int
	flows   map[key]*flow
	lists   [numClasses]flow // heads of rings: next is the oldest, prev the newest
	timeout [numClasses]int64
	free    []*flow
}

func newTable(o Options) table {
	return table{
		max:     o.MaxFlows,
		flows:   make(map[key]*flow),
		timeout: [numClasses]int64{o.TCPIdle.Microseconds(), o.UDPIdle.Microseconds(), o.OtherIdle.Microseconds()},
	}
}

func (t *table) find(k key) *flow   { return t.flows[k] }
func (t *table) full() bool         { return len(t.flows) >= t.max }
func (t *table) idle(f *flow) int64 { return t.timeout[classOf(f.key.protocol)] }
func (t *table) head(f *flow) *flow { return &t.lists[classOf(f.key.protocol)] }
func (f *flow) unlink()             { f.prev.next, f.next.prev = f.next, f.prev }
func (f *flow) linkBefore(at *flow) { f.prev, f.next = at.prev, at; at.prev.next, at.prev = f, f }

// add opens a flow; swapped as of [keyOf] for its first packet.
func (t *table) add(k key, swapped bool) *flow {
	var f *flow
	if n := len(t.free); n > 0 {
		f, t.free = t.free[n-1], t.free[:n-1]
	} else {
		f = new(flow)
	}
	f.key, f.swapped = k, swapped
	t.flows[k] = f
	head := t.head(f)
	if head.next == nil {
		head.next, head.prev = head, head
	}
	f.linkBefore(head)
	return f
}

// touch makes f the newest of its class.
func (t *table) touch(f *flow) {
	f.unlink()
	f.linkBefore(t.head(f))
}

// first gives the oldest flow of a class, nil where there is none.
func (t *table) first(class int) *flow {
	head := &t.lists[class]
	if head.next == nil || head.next == head {
		return nil
	}
	return head.next
}

// oldest gives the flow that was silent longest.
func (t *table) oldest() *flow {
	var oldest *flow
	for class := range numClasses {
		if f := t.first(class); f != nil && (oldest == nil || f.last < oldest.last) {
			oldest = f
		}
	}
	return oldest
}

// expired gives a flow that was idle too long at the time now (µs), nil where none was.
func (t *table) expired(now int64) *flow {
	for class := range numClasses {
		f := t.first(class)
		if f != nil && now-f.last > t.timeout[class] {
			return f
		}
	}
	return nil
}

// maxFree bounds the closed flows that are kept for reuse.
const maxFree = 1024

// remove closes f.
func (t *table) remove(f *flow) {
	f.unlink()
	delete(t.flows, f.key)
}

// release keeps a closed flow's memory for another flow.
func (t *table) release(f *flow) {
	if len(t.free) < maxFree {
		f.reset()
		t.free = append(t.free, f)
	}
}
