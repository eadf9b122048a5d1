package inspect

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/banshift/banshift/schemas"
)

// Opcodes of OpenVPN, the upper five bits of the first byte (OpenVPN network protocol,
// "Packet format"; ssl_pkt.h).
const (
	ovpnClientV1   = 1
	ovpnServerV1   = 2
	ovpnSoftReset  = 3
	ovpnControl    = 4
	ovpnACK        = 5
	ovpnDataV1     = 6
	ovpnClientV2   = 7
	ovpnServerV2   = 8
	ovpnDataV2     = 9
	ovpnClientV3   = 10
	ovpnControlWKC = 11
)

// ovpnMessage is one message, without the length that TCP puts before it.
type ovpnMessage struct {
	client bool
	data   []byte
	size   int
}

// openVPNUDP finds OpenVPN over UDP; see [ovpnWatch].
func openVPNUDP(c *conversation, r *finding) {
	w := ovpnWatch{}
	for i := range c.payloads {
		p := &c.payloads[i]
		w.message(ovpnMessage{c.fromClient(p), p.Data, p.Size})
	}
	w.conclude(r)
	if !w.reset && len(c.payloads) >= 2 {
		scrambled(c, r)
	}
}

// openVPNTCP finds OpenVPN over TCP: the same messages, each behind its length. A
// session caught in the middle is read where a segment begins with a message and ends
// with one.
func openVPNTCP(c *conversation, r *finding) {
	w := ovpnWatch{}
	client, _ := ovpnFrames(c.client())
	server, _ := ovpnFrames(c.server())
	if len(client) > 0 && isClientReset(client[0]) {
		for _, m := range client {
			w.message(ovpnMessage{true, m, len(m)})
		}
		for _, m := range server {
			w.message(ovpnMessage{false, m, len(m)})
		}
		if len(c.server()) > 0 && !w.answered {
			w.unknown++ // what answered is no OpenVPN server
		}
		w.conclude(r)
		return
	}
	for _, fromClient := range [...]bool{true, false} {
		frames, ok := c.ovpnResync(fromClient)
		if !ok {
			w.unknown++
		}
		for _, m := range frames {
			w.message(ovpnMessage{fromClient, m, len(m)})
		}
	}
	w.conclude(r)
	scrambled(c, r)
}

// ovpnResync gives the messages of a stream that was caught in the middle, from the
// first segment on with which a chain of messages begins. It is not ok where the
// stream has segments and none of them does.
func (c *conversation) ovpnResync(fromClient bool) (frames [][]byte, ok bool) {
	stream := c.server()
	if fromClient {
		stream = c.client()
	}
	at, seen := 0, false
	for i := range c.payloads {
		p := &c.payloads[i]
		if c.fromClient(p) != fromClient {
			continue
		}
		seen = true
		if at < len(stream) {
			frames, whole := ovpnFrames(stream[at:])
			if len(frames) > 1 || whole {
				return frames, isOvpnOpcode(frames[0][0])
			}
		}
		at += p.Size
	}
	return nil, !seen
}

func isOvpnOpcode(b byte) bool { return b>>3 >= ovpnClientV1 && b>>3 <= ovpnControlWKC }

// maxFrames bounds the messages that are read of one stream.
const maxFrames = 64

// ovpnFrames splits a stream by its lengths; whole says that it ends with a message.
func ovpnFrames(b []byte) (frames [][]byte, whole bool) {
	for len(b) >= 2 && len(frames) < maxFrames {
		n := int(binary.BigEndian.Uint16(b))
		if n == 0 || 2+n > len(b) {
			return frames, false
		}
		frames = append(frames, b[2:2+n])
		b = b[2+n:]
	}
	return frames, len(frames) > 0 && len(b) == 0
}

// ovpnWatch follows the messages of one flow.
//
// A client's hard reset is believed in three forms: plain (14 bytes, no ACK, message id
// 0: 48 fixed bits), behind an HMAC of tls-auth (72 fixed bits and a plausible time),
// and encrypted by tls-crypt or tls-crypt-v2 (size, replay id 1 and a plausible time:
// about 40 bits). A server's reset must acknowledge the client's session id, where it
// can be read: 64 more bits. Data messages count where a reset was seen, or where they
// prove themselves: the four bytes of opcode, key id and peer id stay the same both
// ways and the packet id behind them grows, or (CBC) all lengths agree modulo 16, or 8.
// A handshake of which the resets were missed shows by control messages that
// acknowledge under the other side's session id (64 bits), by ACK messages of exact
// length that name one and the same session, or (tls-crypt) by replay ids that grow
// while the time stays.
type ovpnWatch struct {
	reset    bool
	form     ovpnForm
	answered bool
	session  [2][8]byte // session ids of client and server
	known    [2]bool
	control  int // control messages of the sessions known
	echoes   int // of them, those that name the other side's session
	acks     int // ACK messages of exact length that name the session named before
	named    [2][8]byte
	replays  int // control messages whose replay id follows the one before
	replay   [2]replayID
	resets   [2][]byte // the client's first reset and the latest
	same     int       // resets that are the one before, to the last byte
	opcodes  uint16    // of messages that fit
	unknown  int       // messages that are not OpenVPN's
	v1, v2   ovpnData
}

// ovpnForm is how control messages are wrapped.
type ovpnForm struct {
	hmac  int // bytes of HMAC before the replay id (tls-auth)
	crypt bool
}

// hmacSizes are the digests that tls-auth may use: SHA1 first, the default.
var hmacSizes = [...]int{20, 32, 64, 28, 48, 16}

func (w *ovpnWatch) message(m ovpnMessage) {
	if len(m.data) < 2 {
		w.unknown++
		return
	}
	opcode, key := m.data[0]>>3, m.data[0]&7
	w.opcodes |= 1 << opcode
	switch opcode {
	case ovpnClientV1, ovpnClientV2, ovpnClientV3:
		if form, ok := clientReset(m); ok && m.client && w.isReset(m, form) {
			w.see(m)
			w.reset, w.form = true, form
			return
		}
		w.unknown++
	case ovpnServerV1, ovpnServerV2:
		if !m.client && key == 0 && w.serverReset(m) {
			w.see(m)
			w.answered = true
			return
		}
		if !w.reset && len(m.data) >= 66 && isReplayID(m.data[9:], true) {
			w.see(m) // tls-crypt, of which the client's reset was missed
			return
		}
		w.unknown++
	case ovpnSoftReset, ovpnControl, ovpnACK, ovpnControlWKC:
		if len(m.data) < 10 {
			w.unknown++
			return
		}
		w.see(m)
	case ovpnDataV1:
		w.v1.add(m, 1)
	case ovpnDataV2:
		w.v2.add(m, 4)
	default:
		w.unknown++
	}
}

// maxResets is how often a client sends the same reset: for a minute, after two seconds
// and then after twice as long each time (openvpn manual, --tls-timeout and --hand-window;
// reliable.c), and sensors may see each packet twice.
const maxResets = 16

// isReset reports a reset that may follow the ones before: of the same session it is the
// same, or (behind a replay id) of the same time and a later number.
func (w *ovpnWatch) isReset(m ovpnMessage, form ovpnForm) bool {
	before := w.resets
	w.resets[1] = m.data
	if before[1] == nil || string(before[1][1:9]) != string(m.data[1:9]) {
		w.same = 0
		return true
	}
	if bytes.Equal(before[1], m.data) {
		w.same++
		return w.same < maxResets
	}
	at := 9 + form.hmac
	return form != ovpnForm{} && len(before[1]) >= at+8 && bytes.Equal(before[1][at+4:at+8], m.data[at+4:at+8]) && !bytes.Equal(before[1][at:at+4], m.data[at:at+4])
}

// see notes the session id of a control message, and counts it where it stays the same.
func (w *ovpnWatch) see(m ovpnMessage) {
	way := wayOf(m.client)
	id := [8]byte(m.data[1:9])
	switch {
	case !w.known[way] && varied(id[:]):
		w.session[way], w.known[way] = id, true
		w.control++
	case w.known[way] && w.session[way] == id:
		w.control++
		w.acknowledges(m, way)
		w.replays += w.replay[way].follows(m.data)
	default:
		w.unknown++
	}
}

// replayID is the packet id of tls-crypt: a counter and the time of the session's start.
type replayID struct{ id, time uint32 }

// follows gives 1 where the id of a message follows the one before, and an HMAC follows it.
func (p *replayID) follows(b []byte) int {
	const oldest, maxStep = 0x3a000000, 64
	if len(b) < 17+32 {
		return 0
	}
	next := replayID{binary.BigEndian.Uint32(b[9:]), binary.BigEndian.Uint32(b[13:])}
	step := next.id - p.id
	same := isCiphertext(b, 17) && p.time == next.time && next.time >= oldest && step >= 1 && step <= maxStep
	*p = next
	if same {
		return 1
	}
	return 0
}

// acknowledges looks for the list of acknowledged messages and the session that it
// names, behind each length that an HMAC may have.
func (w *ovpnWatch) acknowledges(m ovpnMessage, way int) {
	for _, wrap := range [...]int{0, 16 + 8, 20 + 8, 28 + 8, 32 + 8, 48 + 8, 64 + 8} {
		at := 9 + wrap
		if at >= len(m.data) {
			return
		}
		n := int(m.data[at])
		end := at + 1 + 4*n + 8
		if n < 1 || n > 8 || end > len(m.data) {
			continue
		}
		id := [8]byte(m.data[end-8 : end])
		if w.known[1-way] && id == w.session[1-way] {
			w.echoes++
			return
		}
		if m.data[0]>>3 == ovpnACK && m.size == end {
			if id == w.named[way] && varied(id[:]) {
				w.acks++
			}
			w.named[way] = id
			return
		}
	}
}

// isSession reports an id that may be drawn at random: eight bytes are too few to ask more.
func isSession(id []byte) bool { return varied(id) && countText(id) < len(id) }

func isClientReset(b []byte) bool {
	_, ok := clientReset(ovpnMessage{true, b, len(b)})
	return ok
}

// clientReset reads a client's hard reset.
func clientReset(m ovpnMessage) (ovpnForm, bool) {
	b := m.data
	if len(b) < 14 || !isSession(b[1:9]) {
		return ovpnForm{}, false
	}
	opcode := b[0] >> 3
	if opcode != ovpnClientV1 && opcode != ovpnClientV2 && opcode != ovpnClientV3 || b[0]&7 != 0 {
		return ovpnForm{}, false
	}
	if opcode != ovpnClientV3 {
		if m.size == 14 && isZero(b[9:14]) {
			return ovpnForm{}, true
		}
		for _, n := range hmacSizes {
			if m.size == 14+n+8 && len(b) == m.size && isReplayID(b[9+n:], false) && isZero(b[17+n:]) && looksRandom(b[9:9+n]) {
				return ovpnForm{hmac: n}, true
			}
		}
		return ovpnForm{crypt: true}, m.size == 54 && isReplayID(b[9:], true) && looksRandom(b[17:])
	}
	// The wrapped client key ends in its own length.
	const wrappedMin, wrappedMax = 2 + 32 + 256, 1024 + 2 + 32 + 256
	if len(b) != m.size || m.size < 54+wrappedMin || m.size > 54+wrappedMax {
		return ovpnForm{}, false
	}
	wrapped := int(binary.BigEndian.Uint16(b[m.size-2:]))
	return ovpnForm{crypt: true}, wrapped == m.size-54 && isReplayID(b[9:], true) && looksRandom(b[17:54])
}

// serverReset checks a server's hard reset: against the client's where it was seen,
// else in all the forms that it may have.
func (w *ovpnWatch) serverReset(m ovpnMessage) bool {
	b := m.data
	if len(b) < 26 || !isSession(b[1:9]) || w.known[0] && string(w.session[0][:]) == string(b[1:9]) {
		return false
	}
	if w.form.crypt {
		return m.size >= 66 && m.size <= 66+64 && isReplayID(b[9:], true) && looksRandom(b[17:min(len(b), 66)])
	}
	if w.reset {
		return w.acknowledgesReset(m, w.form.hmac)
	}
	if w.acknowledgesReset(m, 0) {
		return true
	}
	for _, n := range hmacSizes {
		if w.acknowledgesReset(m, n) {
			return true
		}
	}
	return false
}

// acknowledgesReset checks a server's hard reset behind an HMAC of n bytes: ACKs of
// message 0 (a few where the client repeated it), the client's session id, message id 0.
func (w *ovpnWatch) acknowledgesReset(m ovpnMessage, n int) bool {
	const maxACKs = 8
	b, at := m.data, 9
	if n > 0 {
		if at += n; len(b) < at+8 || !isReplayID(b[at:], false) {
			return false
		}
		at += 8
	}
	if at >= len(b) {
		return false
	}
	acks := int(b[at])
	end := at + 1 + 4*acks + 8 + 4
	if acks == 0 || acks > maxACKs || m.size != end || len(b) < end {
		return false
	}
	echo := [8]byte(b[end-12 : end-4])
	return isZero(b[at+1:at+5]) && isZero(b[end-4:end]) && (!w.known[0] || echo == w.session[0]) && varied(echo[:])
}

// earlyNegotiation marks the replay ids of a client that offers stateless resets
// (ssl_pkt.h, EARLY_NEG_START).
const earlyNegotiation = 0x0f000000

// isReplayID reports a long-form packet id at the beginning of a session: a small
// number and a time between 2001 and 2105.
func isReplayID(b []byte, early bool) bool {
	const maxFirst, oldest = 64, 0x3a000000
	if len(b) < 8 {
		return false
	}
	id, at := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if early && id >= earlyNegotiation {
		id -= earlyNegotiation
	}
	return id >= 1 && id <= maxFirst && at >= oldest
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Thresholds of what counts as several packets.
const (
	minOvpnFollow = 2 // consistent messages behind a reset exchange
	minOvpnData   = 5 // data messages that prove themselves by a counter
	minOvpnBlocks = 8 // data messages that prove themselves by their lengths
	minOvpnSizes  = 3 // different ones among them
	// The same of blocks of 8 bytes, and where one byte of each message is fixed, not four.
	minOvpnSmallBlocks, minOvpnBlocksV1 = 16, 12
	minOvpnACKs                         = 2 // ACK messages that name one session, or replay ids that follow
)

// conclude notes what the messages show together. A reset among messages that are not
// OpenVPN's, to a server that does not answer it, is a probe's.
func (w *ovpnWatch) conclude(r *finding) {
	data := w.v1.n + w.v2.n
	if w.reset && (w.answered || w.unknown == 0) {
		r.addRole(schemas.SigOpenVPNClient)
	}
	if w.answered {
		r.addRole(schemas.SigOpenVPNServer)
	}
	switch {
	case w.reset && w.answered && w.control-2+data >= minOvpnFollow && w.unknown == 0:
		r.add(schemas.SigOpenVPNData)
	case w.reset || w.unknown > 0:
	case bits.OnesCount16(w.opcodes) >= 2 && (w.echoes > 0 && w.control >= minOvpnFollow || w.acks >= minOvpnACKs || w.replays >= minOvpnACKs),
		w.v2.proven(), w.v1.n >= minOvpnBlocksV1 && w.v1.proven():
		r.add(schemas.SigOpenVPNData)
		r.addTraits(schemas.TraitMidstream)
	}
}

// ovpnData follows data messages.
type ovpnData struct {
	n        int
	head     uint32
	differs  bool // the head is not the same in all messages
	sealed   int  // messages whose contents look like ciphertext
	framed   int  // messages whose head ends in their length, as TURN's channels have it (RFC 8656 section 12.4)
	lengths  [16]int
	sizes    [minOvpnSizes]int // the first different sizes
	shortest int
	ways     [2]ovpnCount
}

// ovpnCount follows the packet ids of one direction.
type ovpnCount struct {
	n, grows int
	repeats  int // messages that begin as the one before
	last     uint32
	latest   []byte

	epochGrows int    // messages whose epoch stays or is the next, and whose 48-bit counter grows
	epochLast  uint64 // epoch and counter
}

// How far into a session's epochs, and into one of them, a message is believed to be.
const (
	maxEpochs       = 256
	maxEpochCounter = 1 << 36
)

// addEpoch follows the packet ids of the epoch data format of OpenVPN 2.7
// (openvpn/doc, "Epoch data key format"): an epoch of 16 bits from 1 on, and a counter
// of 48 bits that begins anew in each.
func (c *ovpnCount) addEpoch(b []byte) {
	if len(b) < 8 {
		return
	}
	id := binary.BigEndian.Uint64(b)
	epoch, before := id>>48, c.epochLast>>48
	step := int64(id - c.epochLast)
	if epoch >= 1 && epoch <= maxEpochs && id<<16>>16 < maxEpochCounter && (epoch == before && step > 0 && step <= maxCounterStep || epoch == before+1 && id<<16>>16 <= maxCounterStep) {
		c.epochGrows++
	}
	c.epochLast = id
}

// add takes a data message whose first head bytes are opcode, key id and peer id.
func (d *ovpnData) add(m ovpnMessage, head int) {
	latest := &d.ways[wayOf(m.client)].latest
	if bytes.Equal(*latest, m.data) {
		return // seen twice: no number is sent again
	}
	*latest = m.data
	if len(m.data) < head+4 {
		d.differs = true
		return
	}
	h := binary.BigEndian.Uint32(m.data)
	if head == 1 {
		h >>= 24
	}
	d.differs = d.differs || d.n > 0 && h != d.head
	d.head = h
	d.n++
	d.lengths[m.size%16]++
	if head == 4 && int(h&0xffff) == m.size-4 {
		d.framed++
	}
	if d.n == 1 || m.size < d.shortest {
		d.shortest = m.size
	}
	d.noteSize(m.size)
	if isCiphertext(m.data, head+4) {
		d.sealed++
	}
	id := binary.BigEndian.Uint32(m.data[head:])
	way := &d.ways[wayOf(m.client)]
	if step := int32(id - way.last); way.n > 0 && (step > 0 && step <= maxCounterStep || step < 0 && step > -16) {
		way.grows++
	} else if way.n > 0 && step == 0 {
		way.repeats++
	}
	if head == 4 && len(m.data) >= head+8 {
		if way.n == 0 {
			way.epochLast = binary.BigEndian.Uint64(m.data[head:])
		} else {
			way.addEpoch(m.data[head:])
		}
	}
	way.n++
	way.last = id
}

// isPeerID reports a peer id that a server gives: it numbers its clients from 0;
// 0xffffff says there is none.
func isPeerID(id uint32) bool {
	const clients, none = 1 << 16, 0xffffff
	return id < clients || id == none
}

// isMagic reports that opcode and peer id may be the magic word of something else. Peers
// without a server draw their id at random (ssl_ncp.c): in the middle they are not told.
func (d *ovpnData) isMagic() bool { return d.head > 0xff && !isPeerID(d.head&0xffffff) }

// counts reports whether the packet ids grow in nearly all of at least n messages.
func (d *ovpnData) counts(n int) bool {
	seen := d.ways[0].n + d.ways[1].n
	grows := d.ways[0].grows + d.ways[1].grows
	firsts := min(d.ways[0].n, 1) + min(d.ways[1].n, 1)
	epochs := d.ways[0].epochGrows + d.ways[1].epochGrows
	return seen >= n && (grows == seen-firsts || epochs == seen-firsts)
}

// noteSize keeps the first sizes that differ.
func (d *ovpnData) noteSize(size int) {
	for i, known := range d.sizes {
		if known == size {
			return
		}
		if known == 0 {
			d.sizes[i] = size
			return
		}
	}
}

// proven reports data messages that need no reset to be believed: numbers that grow behind
// a head of four bytes (of one byte they are anybody's), or (CBC) an HMAC behind the head and
// lengths that are those of an HMAC, a vector and whole blocks, and differ. What they carry
// is ciphertext.
func (d *ovpnData) proven() bool {
	if d.differs || d.isMagic() || d.framed == d.n || 4*d.sealed < 3*d.n {
		return false
	}
	oneWay := d.ways[0].n == 0 || d.ways[1].n == 0
	if d.head > 0xff && d.counts(minOvpnData) {
		return true
	}
	if oneWay || !d.isRandom() || d.sizes[minOvpnSizes-1] == 0 {
		return false
	}
	head := 1
	if d.head > 0xff {
		head = 4
	}
	for _, hmac := range hmacSizes {
		large, small := head+hmac+16, head+hmac+8
		switch {
		case d.lengths[large%16] == d.n && d.shortest >= large+16 && d.n >= minOvpnBlocks,
			d.lengths[small%16] > 0 && d.lengths[small%16]+d.lengths[(small+8)%16] == d.n && d.lengths[small%16] < d.n && d.shortest >= small+8 && d.n >= minOvpnSmallBlocks:
			return true
		}
	}
	return false
}

// isRandom reports that what follows the head neither counts nor repeats: an HMAC.
func (d *ovpnData) isRandom() bool {
	return d.ways[0].grows+d.ways[1].grows+d.ways[0].repeats+d.ways[1].repeats == 0
}
