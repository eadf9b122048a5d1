package ordinary

// field is a part of the messages of a protocol of one's own.
type field func(w *writer) func(i int) []byte

// drawn gives bytes that a flow draws once, an id; fresh ones each time; steps a number that grows
// by one, big endian.
func drawn(n int) field {
	return func(w *writer) func(int) []byte {
		id := w.random(n)
		return func(int) []byte { return id }
	}
}

func fresh(sizes ...int) field {
	return func(w *writer) func(int) []byte { return func(i int) []byte { return w.random(sizes[i%len(sizes)]) } }
}

func steps(from uint32) field {
	return func(*writer) func(int) []byte { return func(i int) []byte { return be32(nil, from+uint32(i)) } }
}

// always gives parts as [cat] does; repeating gives them in turn.
func always(parts ...any) field {
	return func(*writer) func(int) []byte { return func(int) []byte { return cat(parts...) } }
}

func repeating(all ...string) field {
	return func(*writer) func(int) []byte { return func(i int) []byte { return []byte(all[i%len(all)]) } }
}

func (w *writer) fields(fields []field) func(int) []byte {
	var parts []func(int) []byte
	for _, f := range fields {
		parts = append(parts, f(w))
	}
	return func(i int) (b []byte) {
		for _, p := range parts {
			b = append(b, p(i)...)
		}
		return b
	}
}

// both says that messages of the two directions share their ids.
type both []field

// exchanged sends datagrams of these fields, 16 each way where both ways have some.
func exchanged(up, down []field) func(*writer) {
	return talk(7300, 16, func(w *writer) (func(int) []byte, func(int) []byte) {
		if down == nil {
			return w.fields(up), nil
		}
		return w.fields(up), w.fields(down)
	})
}

// shared sends datagrams whose ids are those of both directions.
func shared(fields both) func(*writer) {
	return talk(7300, 16, func(w *writer) (func(int) []byte, func(int) []byte) {
		made := w.fields(fields)
		return made, made
	})
}

// asked asks with n bytes and is answered with more, under an id of four bytes that the answer repeats.
func asked(ask, answer string, n, more int) func(*writer) {
	return talk(7300, 5, func(w *writer) (func(int) []byte, func(int) []byte) {
		var id []byte
		return func(int) []byte {
				id = w.random(4)
				return cat(ask, id, w.random(n-5))
			}, func(int) []byte {
				return cat(answer, id, w.random(more-5))
			}
	})
}

// nearVPN comes near to the messages of WireGuard and OpenVPN: their first bytes and sizes, of other contents.
func nearVPN() []kind {
	const station = "\x70\xb3\xd5\x7e\xd0\x05\x1a\x2c"
	return []kind{
		{"types of 4, little endian, blocks of 16", exchanged(
			[]field{repeating("\x02\x00\x00\x00", "\x04\x00\x00\x00", "\x09\x00\x00\x00", "\x07\x00\x00\x00", "\x06\x00\x00\x00"), fresh(44, 60, 108)},
			[]field{repeating("\x05\x00\x00\x00", "\x08\x00\x00\x00"), fresh(60, 76)})},
		{"type 1 of 148, mostly zeros", exchanged([]field{always("\x01\x00\x00\x00"), steps(77), fresh(60), always(make([]byte, 80))}, nil)},
		{"type 1 of 148, to and fro", exchanged([]field{always("\x01\x00\x00\x00"), fresh(128), always(make([]byte, 16))}, []field{always("\x01\x00\x00\x00"), fresh(128), always(make([]byte, 16))})},
		{"records of 54 with a time", exchanged([]field{always("\x38", station), steps(1), steps(1_700_000_000), fresh(37)}, nil)},
		{"records of 54 with a time, answered", exchanged([]field{always("\x38", station), steps(1), steps(1_700_000_000), fresh(37)}, []field{always("\x40", station), steps(1), steps(1_700_000_000), fresh(49)})},
		{"records of 42 with a time", exchanged([]field{always("\x38", station, make([]byte, 20)), steps(1), steps(1_700_000_000), always(make([]byte, 5))}, nil)},
		{"records of 86 with text and a time", exchanged([]field{always("\x38", station, "temperature 21.5 C, humidity 40.2%, battery 3.61 V; door shut..!"[:64]), steps(1), always(uint32(1_700_000_000), make([]byte, 5))}, nil)},
		{"readings of two ids", exchanged([]field{always("\x28", station, "\x01"), steps(1000), drawn(8)}, nil)},
		{"readings of two ids, answered", exchanged([]field{always("\x28", station, "\x01"), steps(1000), always("\xa1\xc4\xe9\x3b\x77\x02\x5f\x10")}, []field{always("\x28\xa1\xc4\xe9\x3b\x77\x02\x5f\x10\x01"), steps(1000), always(station)})},
		{"an id of 8, a number and an epoch", exchanged([]field{always("\x20"), drawn(8), steps(0), always(uint32(1_690_000_000)), fresh(60)}, nil)},
		{"an id of 8, a number and an epoch, answered", exchanged([]field{always("\x5a"), drawn(8), steps(5000), always(uint32(0xa0b0c0d0)), fresh(60)}, []field{always("\x5a"), drawn(8), steps(5000), always(uint32(0xa0b0c0d0)), fresh(60)})},
		{"a type, a vector and blocks of 16", exchanged([]field{always("\x31"), fresh(32, 48, 96, 160)}, []field{always("\x31"), fresh(48, 32, 112)})},
		{"a type, a vector and blocks of 8", exchanged([]field{always("\x30"), fresh(16, 24, 64, 88)}, []field{always("\x30"), fresh(24, 16, 72)})},
		{"a magic word of both and a number", shared(both{always("\x4b\xad\xc0\xde"), steps(0), fresh(40, 77, 200)})},
		{"14 bytes, answered by 26 with its id", asked("\x01", "\x79", 14, 26)},
		{"42 bytes, answered by 54 with its id", asked("\x41", "\x39", 42, 54)},
		{"50 bytes, answered by 62 with its id, over tcp", over(7300, func(w *writer) (out []message) {
			for range 4 {
				id := w.random(4)
				out = append(out, message{true, cat(uint16(50), "\x81", id, w.random(45))}, message{false, cat(uint16(62), "\xf9", id, w.random(57))})
			}
			return out
		})},
	}
}
