package ordinary

import "bytes"

// rtp sends a call: RTP (RFC 3550) of a codec, both ways, with silence in it.
func rtp(payloadType byte, stamp uint32, frame func(w *writer, silent bool) []byte) func(*writer) {
	return func(w *writer) {
		c := w.udp(uint16(16384 + 2*w.IntN(8000)))
		ssrc, seq, ts := [2]uint32{w.Uint32(), w.Uint32()}, [2]uint16{uint16(w.Uint32()), uint16(w.Uint32())}, [2]uint32{w.Uint32(), w.Uint32()}
		for i := range 60 {
			for way := range 2 {
				b := cat(0x80, int(payloadType), seq[way], ts[way], ssrc[way], frame(w, i%3 > 0))
				c.send(way == 0, [][]byte{b})
				seq[way]++
				ts[way] += stamp
			}
		}
	}
}

// bare sends frames of one codec without RTP's version bits, as old trunks and games do.
func bare(header int, fill byte, size int) func(*writer) {
	return func(w *writer) {
		c := w.udp(uint16(20000 + w.IntN(9000)))
		id := w.random(header)
		for i := range 40 {
			c.up(cat(id, uint32(i), bytes.Repeat([]byte{fill}, size)))
			c.down(cat(id, uint32(i), bytes.Repeat([]byte{fill}, size)))
		}
	}
}

func silence(fill byte, n int) func(*writer, bool) []byte {
	return func(w *writer, silent bool) []byte {
		if silent {
			return bytes.Repeat([]byte{fill}, n)
		}
		return w.random(n)
	}
}

// mpegTS sends a transport stream (ISO/IEC 13818-1): seven packets of 188 bytes a
// datagram, some of them null packets or stuffed with ff.
func mpegTS(w *writer) {
	c := w.udpTo("239.192.3.4:1234")
	count := 0
	for range 40 {
		var b []byte
		for range 7 {
			count++
			switch w.IntN(3) {
			case 0: // null packet
				b = append(b, cat(0x47, 0x1f, 0xff, 0x10|count&15, bytes.Repeat([]byte{0xff}, 184))...)
			case 1: // adaptation field with stuffing
				b = append(b, cat(0x47, 0x01, 0x00, 0x30|count&15, 120, 0, bytes.Repeat([]byte{0xff}, 119), w.random(63))...)
			default:
				b = append(b, cat(0x47, 0x01, 0x00, 0x10|count&15, w.random(184))...)
			}
		}
		c.up(b)
	}
}

// tftp sends a file with erased blocks (RFC 1350).
func tftp(w *writer) {
	c := w.udp(uint16(1024 + w.IntN(60000)))
	for n := range 20 {
		block := bytes.Repeat([]byte{0xff}, 512)
		if n%4 == 3 {
			block = w.random(512)
		}
		c.down(cat("\x00\x03", uint16(n+1), block))
		c.up(cat("\x00\x04", uint16(n+1)))
	}
}

// webRTC sends a call's checks and its media (RFC 8489, RFC 3550).
func webRTC(w *writer) {
	c := w.udp(uint16(10000 + w.IntN(50000)))
	for range 4 {
		id := w.random(12)
		c.up(cat("\x00\x01\x00\x08\x21\x12\xa4\x42", id, "\x00\x06\x00\x04abcd"))
		c.down(cat("\x01\x01\x00\x0c\x21\x12\xa4\x42", id, "\x00\x20\x00\x08\x00\x01", w.random(6)))
	}
	for i := range 20 {
		c.up(cat(0x80, 111, uint16(i), uint32(960*i), uint32(77), w.random(80)))
		c.down(cat(0x80, 111, uint16(i), uint32(960*i), uint32(78), w.random(80)))
	}
}

// game sends short state updates with a session id and counters, as engines do.
func game(idSize, size int) func(*writer) {
	return func(w *writer) {
		c := w.udp(uint16(7000 + w.IntN(20000)))
		id := w.random(idSize)
		for i := range 40 {
			c.up(cat(id, uint16(i), uint16(max(i-1, 0)), w.random(size)))
			c.down(cat(id, uint16(i), uint16(i), w.random(2*size)))
		}
	}
}

// source asks a game server for its state (Valve, server queries).
func source(w *writer) {
	c := w.udp(27015)
	c.up(cat("\xff\xff\xff\xffTSource Engine Query\x00"))
	c.down(cat("\xff\xff\xff\xffI\x11name\x00map\x00dir\x00game\x00", w.random(12)))
	c.up(cat("\xff\xff\xff\xff\x55\xff\xff\xff\xff"))
	c.down(cat("\xff\xff\xff\xff\x41", w.random(4)))
}
