package ordinary

import (
	"encoding/binary"
	"fmt"
)

// form is how a protocol of one's own puts a datagram together: fixed bytes, an id that
// stays, a number that counts, and a body. Most protocols over UDP are of such a form, the
// tunnels too; what their documents fix beyond it is what tells them apart.
type form struct {
	head    string // fixed bytes that come first
	id      int    // bytes of an id that stays
	shared  bool   // the same id both ways
	counter int    // bytes of the number, 0 for none
	little  bool   // little endian
	body    func(w *writer, n int) []byte
	sealed  bool  // the body is random
	sizes   []int // of bodies
	oneWay  bool
}

func random(w *writer, n int) []byte { return w.random(n) }

func zeros(_ *writer, n int) []byte { return make([]byte, n) }

func words(_ *writer, n int) []byte {
	return text("temperature 21.5 humidity 40 state ok; ", n)(nil)
}

// number writes v with so many bytes.
func number(v uint64, size int, little bool) []byte {
	b := make([]byte, 8)
	if little {
		binary.LittleEndian.PutUint64(b, v)
		return b[:size]
	}
	binary.BigEndian.PutUint64(b, v)
	return b[8-size:]
}

// speak sends 30 datagrams each way.
func (f form) speak(w *writer) {
	c := w.udp(uint16(7000 + w.IntN(40000)))
	ids := [2][]byte{w.random(f.id), w.random(f.id)}
	if f.shared {
		ids[1] = ids[0]
	}
	from := [2]uint64{uint64(w.IntN(4000)), uint64(w.IntN(4000))}
	for i := range 30 {
		for way := range 2 {
			if way == 1 && f.oneWay {
				continue
			}
			b := cat(f.head, ids[way], number(from[way]+uint64(i), f.counter, f.little), f.body(w, f.sizes[w.IntN(len(f.sizes))]))
			c.send(way == 0, [][]byte{b})
		}
	}
}

// String names id and number.
func (f form) String() string {
	id, counter := fmt.Sprintf("id of %d", f.id), fmt.Sprintf("number of %d", f.counter)
	if f.shared {
		id += " of both"
	}
	if f.little {
		counter += " from its low end"
	}
	return id + ", " + counter
}

// isTunnel reports the form that data messages of WireGuard, OpenVPN or Nebula have, to the
// last byte: whoever sends it cannot be told from them by a flow's bytes.
func (f form) isTunnel() bool {
	wireGuard := f.head == "\x04\x00\x00\x00" && f.id == 4 && f.counter == 8 && f.little
	openVPN := f.head == "\x4a\x00\x00\x00" && f.id == 0 && f.counter == 4 && !f.little
	nebula := f.head == "\x11\x00\x00\x00" && f.id == 4 && f.counter == 8 && !f.little
	return f.sealed && (wireGuard || openVPN || nebula)
}

// bodies are what stands behind the headers of [forms].
var bodies = []struct {
	name string
	make func(*writer, int) []byte
}{{"random", random}, {"zeros", zeros}, {"text", words}}

// forms gives the protocols of one's own that come near to a tunnel's form.
func forms() (all []kind) {
	heads := []struct{ name, bytes string }{
		{"no type", ""}, {"type 1, little endian", "\x01\x00\x00\x00"}, {"type 4, little endian", "\x04\x00\x00\x00"}, {"type 1, big endian", "\x00\x00\x00\x01"},
		{"type 3, big endian", "\x00\x00\x00\x03"}, {"type 4, big endian", "\x00\x00\x00\x04"}, {"type 16", "\x10\x00\x00\x00"}, {"type 74, little endian", "\x4a\x00\x00\x00"},
		{"a digit", "0"}, {"magic of letters", "HELO"}, {"one byte", "\x31"}, {"version 2", "\x00\x02"}, {"version 1 of type 1", "\x11\x00\x00\x00"}, {"a reset", "\x38"}, {"an acknowledgement", "\x28"},
		{"a control message", "\x20"}, {"version 4", "\x04\x00"}, {"ones", "\xff\xff\xff\xff"}, {"zeros", "\x00\x00\x00\x00"},
	}
	for _, h := range heads {
		for _, body := range bodies {
			for _, f := range []form{
				{id: 4, counter: 4, sizes: []int{24, 40, 56, 120}},
				{id: 4, counter: 8, little: true, sizes: []int{32, 48, 64, 112}},
				{id: 4, counter: 8, sizes: []int{64}},
				{id: 8, shared: true, counter: 4, sizes: []int{31, 90, 133}},
				{id: 8, counter: 4, sizes: []int{24, 40, 88}},
				{id: 12, shared: true, counter: 4, sizes: []int{48, 80}},
				{id: 20, shared: true, counter: 2, sizes: []int{46, 110}},
				{id: 16, shared: true, counter: 2, sizes: []int{46, 110}},
				{counter: 4, sizes: []int{40, 60, 75}},
			} {
				f.head, f.body, f.sealed = h.bytes, body.make, body.name == "random"
				if f.isTunnel() {
					continue
				}
				name := fmt.Sprintf("form: %s, %s, %s", h.name, f, body.name)
				all = append(all, kind{name, f.speak})
				f.oneWay = true
				all = append(all, kind{name + ", one way", f.speak})
			}
		}
	}
	return all
}

// blocks sends ciphertext in blocks behind a number, between equal ports (games do).
func blocks(head, block int) func(*writer) {
	return func(w *writer) {
		c := w.udp(27016).from(27016)
		for i := range 30 {
			c.up(cat(number(uint64(i), head, false), w.random(block*(2+w.IntN(9)))))
			c.down(cat(number(uint64(i), head, false), w.random(block*(2+w.IntN(9)))))
		}
	}
}
