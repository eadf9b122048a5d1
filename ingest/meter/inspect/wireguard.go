package inspect

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// Sizes of WireGuard messages (Donenfeld, "WireGuard: Next Generation Kernel Network
// Tunnel", section 5.4).
const (
	wgInitSize     = 148
	wgResponseSize = 92
	wgCookieSize   = 64
	wgMinData      = 32
	wgMAC          = 16 // of a cookie: zero in an initiation, unless a cookie was sent (section 5.4.4)
	wgType         = 4
	wgDataHead     = 16 // type, receiver and counter of a data message

	wgEphemeralEnd = 8 + 32 // behind the initiator's ephemeral key; what follows up to the cookie's MAC is ciphertext
)

// rekeyTimeout is how long, in ms, a peer waits before it makes a new initiation (section
// 6.1); maxHasty is how many come sooner where there are none of WireGuard's.
const (
	rekeyTimeout = 5000
	maxHasty     = 2
)

// minWireGuardData is how many data messages make a session that began unseen, if one of
// them continues another: keepalives of an idle tunnel are as few as two in a minute.
const minWireGuardData = 2

// minJudgedData is of how many data messages the counters must fit, or they are none.
const minJudgedData = 4

// wireGuard finds WireGuard (wireguard.com/protocol): message type and three reserved
// zero bytes, fixed sizes of the handshake, and indexes that answer each other.
// Random bytes pass as an initiation with 2^-160 (the MAC of a cookie is zero until one was sent), as a response with 2^-64 (the
// receiver echoes the initiation's sender), as a session of two data messages with
// less than 2^-120. Reserved bytes that are not zero (Cloudflare WARP puts a client id
// there) are taken only where the response echoes the index.
func wireGuard(c *conversation, r *finding) {
	w := wgWatch{}
	for i := range c.payloads {
		w.message(&c.payloads[i], c.fromClient(&c.payloads[i]), r)
	}
	if !r.has(schemas.SigWireGuardResponse) && (!w.bare || w.foreign > 0 && !w.serverSpoke) {
		r.drop(schemas.SigWireGuardInit) // what was sent, or what answered, is no WireGuard
	}
	if (w.init[0] != 0 && w.init[1] != 0 || w.hasty >= maxHasty) && !r.has(schemas.SigWireGuardResponse) {
		r.drop(schemas.SigWireGuardInit) // who is asked answers, and does not ask; who asks waits
	}
	if r.has(schemas.SigWireGuardResponse) && w.junk > 0 && w.others == 0 {
		r.add(schemas.SigWireGuardObfuscated) // AmneziaWG with junk packets alone
	}
	if r.has(schemas.SigWireGuardResponse) && w.reserved != 0 {
		r.add(schemas.SigWireGuardReserved)
	}
	w.concludeData(len(c.payloads), r)
	if !r.has(schemas.SigWireGuardInit) {
		amnezia(c, r)
	}
	if !r.has(schemas.SigWireGuardInit, schemas.SigWireGuardSession, schemas.SigWireGuardObfuscated) {
		amneziaMiddle(c, r)
	}
}

// concludeData notes what the data messages among so many payloads show. Ciphertext is
// random, and a tunnel carries little else.
func (w *wgWatch) concludeData(payloads int, r *finding) {
	if 4*w.sealed < 3*w.data || 4*w.data < 3*(payloads-w.handshakes-w.others) {
		return
	}
	if w.plausibleData >= 2 && w.plausibleData == w.data && (w.data < minJudgedData || w.isSession()) {
		r.add(schemas.SigWireGuardData)
	}
	if !w.isSession() {
		return
	}
	r.add(schemas.SigWireGuardData, schemas.SigWireGuardSession)
	if w.handshakes == 0 && w.firstCounter > 0 {
		r.addTraits(schemas.TraitMidstream)
	}
}

// wgWatch follows the messages of one flow.
type wgWatch struct {
	init          [2]uint32 // sender index of an initiation, by direction
	asked         [2]int64  // when, in ms
	hasty         int       // initiations that follow another one too soon
	reserved      uint32
	handshakes    int
	others        int  // messages that share the port by design: disco, STUN
	bare          bool // an initiation without a cookie
	foreign       int  // payloads of the server that are neither
	junk          int  // payloads of the client before any message
	serverSpoke   bool
	latest        [2][]byte // data message, by direction
	data          int       // type 4 messages
	sealed        int       // of them, those whose contents look like ciphertext
	plausibleData int       // of them, those of a right size
	inOrder       int       // of them, those that begin or continue their direction's session
	continued     int       // of those, the ones that continue it
	firstCounter  uint64
	largest       int // size of a message that the tunnel's MTU cut short of padding
	sessions      [2]wgSession
}

// wgSession is one direction of transport data.
type wgSession struct {
	receiver uint32
	counter  uint64
	known    bool
}

func wayOf(client bool) int {
	if client {
		return 0
	}
	return 1
}

func (w *wgWatch) message(p *Payload, client bool, r *finding) {
	b := p.Data
	if len(b) < 16 {
		w.other(client)
		return
	}
	kind, way := b[0], wayOf(client)
	reserved := binary.LittleEndian.Uint32(b) >> 8
	switch {
	case kind == 1 && p.Size == wgInitSize && (len(b) < wgEphemeralEnd || looksRandom(b[8:min(len(b), wgInitSize-wgMAC)])):
		w.bare = w.bare || len(b) < wgInitSize || isZero(b[wgInitSize-wgMAC:])
		w.serverSpoke = w.serverSpoke || !client
		if index := binary.LittleEndian.Uint32(b[4:]); w.init[way] != 0 && index != w.init[way] && p.Time-w.asked[way] < rekeyTimeout/2 {
			w.hasty++
		}
		w.asked[way] = p.Time
		w.init[way] = binary.LittleEndian.Uint32(b[4:])
		if reserved == 0 {
			w.handshakes++
			if client && w.data == 0 {
				r.addRole(schemas.SigWireGuardInit)
			}
		}
		w.reserved = reserved
	case kind == 2 && p.Size == wgResponseSize && w.answers(way, binary.LittleEndian.Uint32(b[8:])),
		kind == 3 && p.Size == wgCookieSize && w.answers(way, binary.LittleEndian.Uint32(b[4:])):
		w.handshakes++
		w.serverSpoke = true
		r.add(schemas.SigWireGuardInit, schemas.SigWireGuardResponse)
	case kind == 4 && (reserved == 0 || reserved == w.reserved):
		w.serverSpoke = w.serverSpoke || !client
		if bytes.Equal(w.latest[way], b) {
			w.others++ // seen twice: no counter is sent again
			return
		}
		w.latest[way] = b
		w.transport(p, way)
	case isDisco(b) || isSTUN(p):
		w.others++
		w.serverSpoke = w.serverSpoke || !client
	default:
		w.other(client)
	}
}

// other counts what is no message of WireGuard's.
func (w *wgWatch) other(client bool) {
	switch {
	case !client:
		w.foreign++
	case w.handshakes == 0 && w.data == 0:
		w.junk++
	}
}

// answers reports whether index is that of an initiation from the other side.
func (w *wgWatch) answers(way int, index uint32) bool {
	return w.init[1-way] != 0 && w.init[1-way] == index
}

// minFullSize is the smallest tunnel MTU (RFC 791's 576 bytes) with WireGuard's own bytes.
const minFullSize = 576 + 32

// fullSize excuses the one size that padding may not reach: that of the tunnel's MTU
// (section 5.4.6: padding never exceeds it).
func (w *wgWatch) fullSize(size int) bool {
	if w.largest == 0 && size >= minFullSize {
		w.largest = size
	}
	return size == w.largest
}

// maxCounterStep is how far the counter may move between two messages seen.
const maxCounterStep = 4096

// transport follows a data message: the receiver index stays, the counter grows (a
// little disorder is the network's), and a new index starts a new count.
func (w *wgWatch) transport(p *Payload, way int) {
	w.data++
	if isCiphertext(p.Data, wgDataHead) {
		w.sealed++
	}
	if p.Size < wgMinData || p.Size%16 != 0 && !w.fullSize(p.Size) {
		return
	}
	w.plausibleData++
	receiver, counter := binary.LittleEndian.Uint32(p.Data[4:]), binary.LittleEndian.Uint64(p.Data[8:])
	s := &w.sessions[way]
	step := int64(counter - s.counter)
	switch {
	case receiver == 0 || counter >= 1<<48 || !varied(p.Data[4:8]):
		return
	case !s.known:
		w.firstCounter = max(w.firstCounter, counter)
	case receiver != s.receiver && counter > maxCounterStep:
		return
	case receiver == s.receiver && (step == 0 || step > maxCounterStep || step < -maxCounterStep):
		return
	}
	w.inOrder++
	if s.known && receiver == s.receiver {
		w.continued++
	}
	s.receiver, s.known = receiver, true
	s.counter = counter
}

// isSession reports data messages that continue each other. While a session is replaced,
// messages of the old one still arrive; one in eight may be such. Each side draws an index
// of its own.
func (w *wgWatch) isSession() bool {
	up, down := &w.sessions[0], &w.sessions[1]
	if up.known && down.known && up.receiver == down.receiver {
		return false
	}
	return w.data >= minWireGuardData && w.continued > 0 && 8*w.inOrder >= 7*w.data
}

// amnezia finds WireGuard whose headers and sizes were altered (AmneziaWG: junk packets
// first, S1 and S2 random bytes in front of the handshake messages, S4 in front of data,
// message types H1 to H4 of one's own). What stays: the response ends in 92 bytes whose receiver field
// echoes the sender field of the initiation's last 148 bytes, and the first data
// messages carry the response's sender and a small counter. Three fields of 32, 32 and 52 bits
// in at most 200 pairs: random bytes pass with less than 2^-90.
func amnezia(c *conversation, r *finding) {
	for i := range c.payloads {
		init := &c.payloads[i]
		sender, ok := fieldAt(init, wgInitSize, 4)
		if !ok || !c.fromClient(init) || !varied(sender) {
			continue
		}
		for j := range c.payloads {
			resp := &c.payloads[j]
			receiver, ok := fieldAt(resp, wgResponseSize, 8)
			if !ok || c.fromClient(resp) || string(receiver) != string(sender) {
				continue
			}
			if index, _ := fieldAt(resp, wgResponseSize, 4); varied(index) && c.confirms(index) {
				r.addRole(schemas.SigWireGuardObfuscated)
				return
			}
		}
	}
}

// fieldAt gives the four bytes at an offset of the message of a size with which a payload ends.
func fieldAt(p *Payload, size, offset int) (field []byte, ok bool) {
	at := p.Size - size + offset
	if p.Size < size || at+4 > len(p.Data) {
		return nil, false
	}
	return p.Data[at:][:4], true
}

// confirms reports a data message of the client to the index, of those at the beginning.
func (c *conversation) confirms(index []byte) bool {
	for i := range c.payloads {
		if p := &c.payloads[i]; c.fromClient(p) && p.Size >= wgMinData && isEarlyData(p, index) {
			return true
		}
	}
	return false
}

// maxAmneziaPad is how many random bytes may stand in front of a data message (S4).
const maxAmneziaPad = 200

// isEarlyData reports a data message to the index with a small counter, behind any padding:
// 84 fixed bits at 200 places.
func isEarlyData(p *Payload, index []byte) bool {
	for pad := 0; pad <= maxAmneziaPad && pad+wgDataHead <= len(p.Data); pad++ {
		b := p.Data[pad:]
		if string(b[4:8]) == string(index) && binary.LittleEndian.Uint64(b[8:]) < maxCounterStep && p.Size-pad >= wgMinData {
			return true
		}
	}
	return false
}

// Thresholds of data messages behind altered headers whose handshake was not seen.
const (
	minAmneziaData  = 8
	minAmneziaSizes = 3
)

// amneziaMiddle finds AmneziaWG 2 whose handshake was not seen: all messages, both ways, are behind
// the same number of random bytes (S4), or behind types that are drawn anew for each (a range of H4),
// data messages that continue each other, of at least three sizes, each but the tunnel's largest of whole
// blocks. Behind a type that stays they are a magic word, an id and a number, which much else has.
// Eight messages of random bytes pass with less than 2^-400.
func amneziaMiddle(c *conversation, r *finding) {
	if len(c.payloads) < minAmneziaData || c.structure.text {
		return
	}
	for pad := c.payloads[0].Size % 16; pad <= maxAmneziaPad; pad += 16 {
		if c.continuesBehind(pad) {
			r.add(schemas.SigWireGuardObfuscated)
			r.addTraits(schemas.TraitMidstream)
			return
		}
	}
}

// continuesBehind reports sessions both ways whose messages stand behind so many random bytes.
func (c *conversation) continuesBehind(pad int) bool {
	w := wgWatch{}
	var last []byte
	same := 0 // messages that begin as the one before
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < pad+wgDataHead {
			return false
		}
		drawn := p.Data[:max(pad, wgType)]
		if bytes.Equal(last, drawn) {
			same++
		}
		last = drawn
		w.transport(&Payload{Size: p.Size - pad, Data: p.Data[pad:]}, wayOf(c.fromClient(p)))
		if w.data-w.inOrder > 1+w.data/8 {
			return false
		}
	}
	return w.isSession() && w.sessions[0].known && w.sessions[1].known && 4*w.sealed >= 3*w.data && c.hasSizes(minAmneziaSizes) && 4*same < w.data
}

// hasSizes reports payloads of at least n sizes.
func (c *conversation) hasSizes(n int) bool {
	var sizes []int
	for i := range c.payloads {
		if size := c.payloads[i].Size; !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	return len(sizes) >= n
}

// varied reports whether the bytes look drawn at random: at least three differ, and
// they do not count up or down as the constants of probes do (nmap's session ids are
// 0102030405060708 and 0011223344556677).
func varied(b []byte) bool {
	step, regular := b[1]-b[0], true
	for i := 1; i < len(b); i++ {
		regular = regular && b[i]-b[i-1] == step
	}
	if regular {
		return false
	}
	return countDistinct(b) >= 3
}
