package decode

import (
	"hash/maphash"
	"net/netip"

	"github.com/banshift/banshift/ingest/record"
)

const (
	maxWaiting = 1 << 16 // queries that wait for a response at a time
	waitMS     = 30_000  // the longest a stub resolver waits is 30 s (glibc resolv.conf: timeout)
)

// pairKey is what a response has in common with its query.
type pairKey struct {
	client, resolver netip.Addr
	port, id, qtype  uint16
	name             uint64
}

// byID is the key without type and name: answers that come apart have names of their own.
func (k pairKey) byID() pairKey {
	return pairKey{client: k.client, resolver: k.resolver, port: k.port, id: k.id}
}

type waitingQuery struct {
	key     pairKey
	dns     record.DNS
	at      int64 // its position
	waiting bool
	apart   bool // its answers may come apart: it is found by its id too
}

// dnsPairs joins queries with their responses in bounded memory. A nil *dnsPairs
// joins nothing: responses make records and queries are skipped, so that what a range
// of messages gives does not depend on what came before it.
type dnsPairs struct {
	seed  maphash.Seed
	slots map[pairKey]int
	ring  []waitingQuery // in order of arrival
	head  int            // oldest
	n     int
}

func newDNSPairs() *dnsPairs {
	return &dnsPairs{seed: maphash.MakeSeed(), slots: map[pairKey]int{}, ring: make([]waitingQuery, 0, 64)}
}

func (p *dnsPairs) key(d *record.DNS, port, id uint16) pairKey {
	return pairKey{client: d.Client, resolver: d.Resolver, port: port, id: id, qtype: d.Type, name: maphash.Bytes(p.seed, d.Name)}
}

// query keeps a query until its response comes, the wait is over, or there are too many.
func (p *dnsPairs) query(d *record.DNS, port, id uint16, position int64, sink record.Sink) {
	if p == nil {
		sink.Skip(countedElsewhere, position)
		return
	}
	p.wait(waitingQuery{key: p.key(d, port, id), dns: *d, at: position}, position, sink)
}

// queryApart is query for one whose answers may come apart.
func (p *dnsPairs) queryApart(d *record.DNS, port, id uint16, position int64, sink record.Sink) {
	if p == nil {
		sink.Skip(countedElsewhere, position)
		return
	}
	p.wait(waitingQuery{key: p.key(d, port, id), dns: *d, at: position, apart: true}, position, sink)
}

// answerByID adds one answer to the query that waits for it and is told by its id alone.
// The query is given with what had come when its wait is over.
func (p *dnsPairs) answerByID(d *record.DNS, port, id uint16, position int64, sink record.Sink) {
	p.expire(d.Time, position, sink)
	key := pairKey{client: d.Client, resolver: d.Resolver, port: port, id: id}
	if slot, ok := p.slots[key]; ok {
		q := &p.ring[slot].dns
		q.Rcode, q.Answers = d.Rcode, append(q.Answers, d.Answers...)
		if wait := d.Time - q.Time; wait >= 0 && q.LatencyUS == 0 {
			q.LatencyUS = uint32(wait * 1000)
		}
	}
	sink.Skip(answerElsewhere, position)
}

func (p *dnsPairs) wait(w waitingQuery, position int64, sink record.Sink) {
	p.expire(w.dns.Time, position, sink)
	if _, again := p.slots[w.key]; again {
		sink.Skip("repeated query", position)
		return
	}
	if p.n == maxWaiting {
		p.giveOldest(position, sink)
	}
	slot := p.push()
	q := &p.ring[slot]
	name, exporter := append(q.dns.Name[:0], w.dns.Name...), append(q.dns.Exporter[:0], w.dns.Exporter...)
	answers := q.dns.Answers[:0]
	*q = w
	q.dns.Name, q.dns.Exporter, q.dns.Answers = name, exporter, answers
	q.waiting = true
	p.remember(slot, q)
}

// remember has a slot's query found.
func (p *dnsPairs) remember(slot int, q *waitingQuery) {
	p.slots[q.key] = slot
	if q.apart {
		p.slots[q.key.byID()] = slot
	}
}

// forget takes a slot's query out of the table.
func (p *dnsPairs) forget(slot int) {
	q := &p.ring[slot]
	q.waiting = false
	delete(p.slots, q.key)
	if byID := q.key.byID(); q.apart && p.slots[byID] == slot {
		delete(p.slots, byID)
	}
}

// response gives the record of a response, from the time of its query where that is known.
func (p *dnsPairs) response(d *record.DNS, port, id uint16, position int64, sink record.Sink) {
	if p == nil {
		sink.DNS(d, position)
		return
	}
	p.expire(d.Time, position, sink)
	key := p.key(d, port, id)
	if slot, ok := p.slots[key]; ok {
		q := &p.ring[slot]
		if wait := d.Time - q.dns.Time; wait >= 0 && d.LatencyUS == 0 {
			d.LatencyUS = uint32(wait * 1000)
		}
		d.Time = min(d.Time, q.dns.Time)
		d.Since = position - q.at
		p.forget(slot)
		sink.Skip(countedElsewhere, position)
	}
	sink.DNS(d, position)
}

// expire gives the queries whose wait was over at a time.
func (p *dnsPairs) expire(now, position int64, sink record.Sink) {
	for p.n > 0 {
		q := &p.ring[p.head]
		if q.waiting && now-q.dns.Time < waitMS {
			return
		}
		p.giveOldest(position, sink)
	}
}

// giveOldest drops the oldest slot; a query that still waits becomes a record without response.
func (p *dnsPairs) giveOldest(position int64, sink record.Sink) {
	q := &p.ring[p.head]
	if q.waiting {
		p.forget(p.head)
		q.dns.Since = position - q.at
		sink.DNS(&q.dns, position)
	}
	p.head = (p.head + 1) % cap(p.ring)
	p.n--
}

// push gives the slot behind the newest; the ring grows up to maxWaiting.
func (p *dnsPairs) push() int {
	if p.n == cap(p.ring) {
		p.grow()
	}
	p.ring = p.ring[:cap(p.ring)]
	slot := (p.head + p.n) % cap(p.ring)
	p.n++
	return slot
}

func (p *dnsPairs) grow() {
	size := min(2*cap(p.ring), maxWaiting)
	ring := make([]waitingQuery, size)
	for i := range p.n {
		ring[i] = p.ring[(p.head+i)%cap(p.ring)]
		if ring[i].waiting {
			p.remember(i, &ring[i])
		}
	}
	p.ring, p.head = ring[:size:size], 0
}

// flush gives what still waits.
func (p *dnsPairs) flush(position int64, sink record.Sink) {
	for p != nil && p.n > 0 {
		p.giveOldest(position, sink)
	}
}
