package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// byteOrder reads and appends in one order.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

type frame struct {
	time int64 // µs
	data string
	wire int
}

var frames = []frame{
	{1_500_000_000_123_456, "first frame", 11},
	{1_500_000_001_000_001, "cut", 1500},
	{1_500_000_002_999_999, "", 60},
}

// classic writes a pcap.
func classic(order byteOrder, magic uint32, link uint32) []byte {
	var b []byte
	put := func(v ...uint32) {
		for _, v := range v {
			b = order.AppendUint32(b, v)
		}
	}
	put(magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	put(0, 0, 65535, link)
	for _, f := range frames {
		frac := uint32(f.time % 1e6)
		if magic == magicNano {
			frac = frac*1000 + 7
		}
		put(uint32(f.time/1e6), frac, uint32(len(f.data)), uint32(f.wire))
		if magic == magicModified {
			put(0, 0)
		}
		b = append(b, f.data...)
	}
	return b
}

// blocks writes a pcapng with an unknown block, options, and two interfaces.
func blocks(order byteOrder) []byte {
	var b []byte
	block := func(kind uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		n := uint32(len(body) + 12)
		b = order.AppendUint32(order.AppendUint32(b, kind), n)
		b = order.AppendUint32(append(b, body...), n)
	}
	words := func(v ...uint32) (b []byte) {
		for _, v := range v {
			b = order.AppendUint32(b, v)
		}
		return b
	}
	iface := func(link uint16, options ...byte) []byte {
		return append(append(order.AppendUint16(order.AppendUint16(nil, link), 0), words(0)...), options...)
	}
	option := func(code, n uint16, data ...byte) []byte {
		return append(order.AppendUint16(order.AppendUint16(nil, code), n), data...)
	}
	block(magicSection, append(words(magicOrder, 1<<16), 255, 255, 255, 255, 255, 255, 255, 255))
	block(0x0bad, []byte("something that nobody knows"))
	block(blockInterface, iface(1, option(2, 3, 'e', 't', 'h', 0)...))
	block(blockInterface, iface(101, append(option(optTsResol, 1, 9, 0, 0, 0), option(optEnd, 0)...)...))
	for i, f := range frames {
		stamp, id := uint64(f.time), uint32(i%2)
		if id == 1 {
			stamp = stamp*1000 + 9
		}
		block(blockEnhanced, append(words(id, uint32(stamp>>32), uint32(stamp), uint32(len(f.data)), uint32(f.wire)), f.data...))
	}
	return b
}

func readAll(b []byte) (got []Frame, err error) {
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	for {
		f, err := r.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		f.Data = slices.Clone(f.Data)
		got = append(got, f)
	}
}

func inputs() map[string][]byte {
	return map[string][]byte{
		"µs, little endian":       classic(binary.LittleEndian, magicMicro, 1),
		"µs, big endian":          classic(binary.BigEndian, magicMicro, 1),
		"ns, little endian":       classic(binary.LittleEndian, magicNano, 1),
		"ns, big endian":          classic(binary.BigEndian, magicNano, 1),
		"modified":                classic(binary.LittleEndian, magicModified, 1),
		"with frame check":        classic(binary.LittleEndian, magicMicro, 1|0x14000000),
		"pcapng, little endian":   blocks(binary.LittleEndian),
		"pcapng, big endian":      blocks(binary.BigEndian),
		"pcapng of both sections": append(blocks(binary.LittleEndian), blocks(binary.BigEndian)...),
	}
}

func TestFormats(t *testing.T) {
	for name, b := range inputs() {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(b)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range got {
				want := frames[i%len(frames)]
				if f.Time != want.time || string(f.Data) != want.data || f.WireLen != want.wire {
					t.Errorf("frame %d: %d %q %d, want %d %q %d", i, f.Time, f.Data, f.WireLen, want.time, want.data, want.wire)
				}
				link := uint16(1)
				if strings.HasPrefix(name, "pcapng") && i%len(frames) == 1 {
					link = 101
				}
				if f.Link != link {
					t.Errorf("frame %d: link type %d, want %d", i, f.Link, link)
				}
				if rest := b[f.Position:]; len(f.Data) > 0 && !bytes.Contains(rest[:min(len(rest), 64)], f.Data) {
					t.Errorf("frame %d is not at byte %d", i, f.Position)
				}
			}
			if len(got) == 0 || len(got)%len(frames) != 0 {
				t.Errorf("%d frames", len(got))
			}
		})
	}
}

// TestCut cuts every capture at every byte: the frames before the cut are given, and
// the error says at which byte the input ended, unless a record ended there.
func TestCut(t *testing.T) {
	for name, b := range inputs() {
		whole, err := readAll(b)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			got, err := readAll(b[:n])
			for i, f := range got {
				if !bytes.Equal(f.Data, whole[i].Data) {
					t.Fatalf("%s cut at %d: frame %d differs", name, n, i)
				}
			}
			var cut *CutError
			switch {
			case n == 0 && err == nil:
				t.Errorf("%s: an empty file is no capture", name)
			case errors.As(err, &cut) && cut.At != int64(n):
				t.Errorf("%s cut at %d: error says %d", name, n, cut.At)
			case err != nil && n > 0 && cut == nil:
				t.Errorf("%s cut at %d: %v", name, n, err)
			}
		}
	}
}

func TestBroken(t *testing.T) {
	record := append(classic(binary.LittleEndian, magicMicro, 1)[:24], 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0)
	block := blocks(binary.LittleEndian)
	length := slices.Clone(block)
	length[28+4] = 13
	order := slices.Clone(block)
	order[8] = 0
	noInterface := slices.Delete(slices.Clone(block), 28, len(block)-32)
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":           {nil, "capture is empty"},
		"text":            {[]byte("hello, world"), "neither pcap nor pcapng"},
		"length":          {record, "capture is broken at byte 24: a packet of 4294967295 bytes"},
		"block length":    {length, "capture is broken at byte 28: a block of 13 bytes"},
		"byte order":      {order, "byte-order magic"},
		"no interface":    {noInterface, "a packet of interface 0, of which nothing was said"},
		"two magic bytes": {[]byte{0xd4, 0xc3}, "cut at byte 2"},
	} {
		_, err := readAll(tt.b)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, b := range inputs() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readAll(b)
		last := int64(-1)
		for _, f := range got {
			if f.Position <= last || f.Position > int64(len(b)) {
				t.Errorf("frame at %d behind one at %d", f.Position, last)
			}
			last = f.Position
			if len(f.Data) > f.WireLen || len(f.Data) > MaxFrame {
				t.Errorf("%d bytes of %d", len(f.Data), f.WireLen)
			}
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
