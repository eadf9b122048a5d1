package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

// readAll gives the rows of all columns as text, column by column, and gives all memory back.
func readAll(t testing.TB, data []byte) (string, error) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t.(memory.TestingT), 0)
	f, err := Open(bytes.NewReader(data), int64(len(data)), mem)
	if err != nil {
		return "", err
	}
	defer f.Release()
	all := make([]int, f.Schema().NumFields())
	for i := range all {
		all[i] = i
	}
	if err := f.Want(all); err != nil {
		return "", err
	}
	var out strings.Builder
	for {
		rec, err := f.Next()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
		for i, c := range rec.Columns() {
			fmt.Fprintf(&out, "%s %v\n", rec.ColumnName(i), c)
		}
		rec.Release()
	}
}

var numbers64 = []int64{1, -2, 3 << 40, 4, 1523836800000}

// TestColumns reads columns that the library's writer cannot make.
func TestColumns(t *testing.T) {
	p64 := plain(8, numbers64...)
	v1 := func(e encoding, n int64, b []byte) []testPage {
		return []testPage{{kind: pageData, encoding: e, values: n, b: b, crc: 1}}
	}
	const want64 = "x [1 -2 3298534883328 4 1523836800000]\n"
	for _, c := range []struct {
		name   string
		column testColumn
		want   string
	}{
		{"plain", testColumn{physical: typeInt64, values: 5, pages: v1(encodingPlain, 5, p64)}, want64},
		{"split", testColumn{physical: typeInt64, values: 5, pages: v1(encodingSplit, 5, split(8, p64))}, want64},
		{"split and LZ4", testColumn{physical: typeInt64, codec: codecLZ4Raw, values: 5, pages: v1(encodingSplit, 5, split(8, p64))}, want64},
		{"split 32", testColumn{physical: typeInt32, values: 3, pages: v1(encodingSplit, 3, split(4, plain(4, 7, -8, 9)))}, "x [7 -8 9]\n"},
		{"split bytes", testColumn{physical: typeFixed, width: 3, values: 2, pages: v1(encodingSplit, 2, split(3, []byte("abcdef")))}, `x ["abc" "def"]` + "\n"},
		{"two pages", testColumn{physical: typeInt64, values: 5, pages: append(v1(encodingPlain, 2, p64[:16]), v1(encodingSplit, 3, split(8, p64[16:]))...)}, want64},
		{"version 2", testColumn{physical: typeInt64, values: 5, codec: codecLZ4Raw, pages: []testPage{{kind: pageDataV2, encoding: encodingPlain, values: 5, b: p64, crc: 1}}}, want64},
		{"without values", testColumn{physical: typeInt64, repetition: optional, values: 3, pages: []testPage{{kind: pageDataV2, values: 3, def: []byte{6, 0}}}}, "x [(null) (null) (null)]\n"},
		{"NULL", testColumn{physical: typeInt64, repetition: optional, values: 4, pages: v1(encodingSplit, 4, withLevels([]byte{3, 0b1010}, split(8, p64[:16])))}, "x [(null) 1 (null) -2]\n"},
		{"booleans in runs", testColumn{physical: typeBoolean, values: 5, pages: v1(encodingRLE, 5, withLevels([]byte{6, 1, 4, 0}, nil))}, "x [true true true false false]\n"},
		{"dictionary", testColumn{physical: typeInt32, values: 4, pages: append([]testPage{{kind: pageDictionary, values: 2, b: plain(4, 50, 60)}}, v1(encodingDictionary, 4, []byte{1, 3, 0b0110})...)}, "x [50 60 60 50]\n"},
		{"one word", testColumn{physical: typeByteArray, values: 3, pages: append([]testPage{{kind: pageDictionary, values: 1, b: []byte("\x02\x00\x00\x00kz")}}, v1(encodingDictionary, 3, []byte{0, 6})...)}, `x ["kz" "kz" "kz"]` + "\n"},
		{
			"lists over pages", // [1] and NULL; [] and [-2 …; … NULL 3]
			testColumn{physical: typeInt64, list: true, repetition: optional, values: 6, pages: []testPage{
				{kind: pageDataV2, values: 2, rep: []byte{4, 0}, def: []byte{2, 3, 2, 0}, b: p64[:8]},
				{kind: pageDataV2, values: 2, rep: []byte{4, 0}, def: []byte{2, 1, 2, 3}, b: p64[8:16]},
				{kind: pageDataV2, values: 2, rep: []byte{4, 1}, def: []byte{2, 2, 2, 3}, b: p64[16:24]},
			}},
			"x [[1] (null) [] [-2 (null) 3298534883328]]\n",
		},
		{"INT96", testColumn{physical: typeInt96, values: 2, pages: v1(encodingPlain, 2, append(plain(12)[:0], append(append(plain(8, 5), plain(4, 2440589)...), append(plain(8, 0), plain(4, 1)...)...)...))}, "x [86400000000005 9223372036854775807]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.column.name = "x"
			rows := c.column.values
			if c.column.list {
				rows = 4
			}
			got, err := readAll(t, testFile(t, rows, c.column))
			if err != nil || got != c.want {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// TestRefused has files that say what they do not have, or that are not read: each is an
// error that says why, and no row is given.
func TestRefused(t *testing.T) {
	p64 := plain(8, numbers64...)
	good := testColumn{name: "good", physical: typeInt64, values: 5, pages: []testPage{{kind: pageData, values: 5, b: p64}}}
	page := func(change func(p *testPage)) testColumn {
		c := good
		c.name, c.pages = "x", []testPage{good.pages[0]}
		change(&c.pages[0])
		return c
	}
	column := func(change func(c *testColumn)) testColumn {
		c := good
		c.name = "x"
		change(&c)
		return c
	}
	deep := bytes.Repeat([]byte{0x1c}, 200)
	for _, c := range []struct {
		name   string
		column testColumn
		want   string
	}{
		{"fewer rows", column(func(c *testColumn) { c.values = 4 }), "column x: 4 rows, and the row group has 5"},
		{"fewer values", page(func(p *testPage) { p.values = 4 }), "column x: 1 values are missing"},
		{"more values", page(func(p *testPage) { p.values = 6 }), "6 values, and the column has 5 more"},
		{"negative values", page(func(p *testPage) { p.values = -1 }), "metadata are damaged"},
		{"a hostile page", page(func(p *testPage) { p.size = 1 << 30 }), "another length than its page says"},
		{"a page over the end", page(func(p *testPage) { p.stored = 1 << 30 }), "a page of 1073741824 bytes, and the column has 40"},
		{"a longer page", page(func(p *testPage) { p.size = 48 }), "another length than its page says"},
		{"a cut page", page(func(p *testPage) { p.b = p64[:39] }), "a page has fewer values than it says"},
		{"a checksum", page(func(p *testPage) { p.crc = 2 }), "its checksum is another"},
		{"an unknown encoding", page(func(p *testPage) { p.encoding = encodingBitPacked }), "encoding BIT_PACKED of INT64 is not read"},
		{"an encoding of texts", page(func(p *testPage) { p.encoding = encodingDeltaBytes }), "encoding DELTA_BYTE_ARRAY of INT64 is not read"},
		{"no dictionary", page(func(p *testPage) { p.encoding = encodingDictionary }), "needs a dictionary"},
		{"an index too high", column(func(c *testColumn) {
			c.pages = []testPage{{kind: pageDictionary, values: 1, b: plain(8, 1)}, {encoding: encodingDictionary, values: 5, b: []byte{1, 10, 1}}}
		}), "an index leads out of the dictionary"},
		{"a dictionary that is shorter", column(func(c *testColumn) { c.pages = []testPage{{kind: pageDictionary, values: 1 << 30, b: plain(8, 1)}} }), "fewer values"},
		{"two dictionaries", column(func(c *testColumn) {
			d := testPage{kind: pageDictionary, values: 1, b: plain(8, 1)}
			c.pages = []testPage{d, d}
		}), "a dictionary that is not the first page"},
		{"a run without end", column(func(c *testColumn) {
			c.pages = []testPage{{kind: pageDictionary, values: 1, b: plain(8, 1)}, {encoding: encodingDictionary, values: 5, b: []byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}}}
		}), "a run of values is damaged"},
		{"differences without end", page(func(p *testPage) { p.encoding, p.b = encodingDelta, []byte{128, 1, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 0} }), "a block of differences is damaged"},
		{"LZO", column(func(c *testColumn) { c.codec = codecLZO }), "compression LZO is not read"},
		{"an unknown codec", column(func(c *testColumn) { c.codec = 99 }), "compression of number 99 is not read"},
		{"another file", column(func(c *testColumn) { c.external = true }), "in another file"},
		{"outside", column(func(c *testColumn) { c.offset = 1 << 40 }), "outside of the file"},
		{"longer than the file", column(func(c *testColumn) { c.length = 1 << 40 }), "outside of the file"},
		{"pages of another column", column(func(c *testColumn) { c.offset, c.length, c.pages = 4, 50, nil }), "those of another column"},
		{"levels that are none", column(func(c *testColumn) {
			c.repetition, c.pages = optional, []testPage{{kind: pageData, values: 5, b: []byte{0xff, 0xff, 0xff, 0x7f, 1}}}
		}), "a page has fewer values than it says"},
		{"a list that goes on from nothing", column(func(c *testColumn) {
			c.list, c.pages = true, []testPage{{kind: pageDataV2, values: 5, rep: []byte{10, 1}, def: []byte{10, 2}, b: p64}}
		}), "its levels are damaged"},
		{"no header", column(func(c *testColumn) { c.pages = nil; c.offset, c.length = 4, 1 }), "page header at byte 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAll(t, testFile(t, 5, good, c.column))
			if err == nil || !strings.Contains(err.Error(), c.want) || got != "" {
				t.Errorf("%v, rows %q, want %q", err, got, c.want)
			}
		})
	}
	data := testFile(t, 5, good)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "cut"},
		"only marks":    {[]byte("PAR1PAR1"), "cut"},
		"encrypted":     {append(bytes.Clone(data[:len(data)-4]), "PARE"...), "encrypted"},
		"zeros":         {append([]byte("PAR1"), make([]byte, 1000)...), "cut"},
		"too deep":      {append(append([]byte("PAR1"), deep...), 200, 0, 0, 0, 'P', 'A', 'R', '1'), "damaged"},
		"long metadata": {append(bytes.Clone(data[:len(data)-8]), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'), "a directory of 2147483647 bytes"},
	} {
		if got, err := readAll(t, c.data); err == nil || !strings.Contains(err.Error(), c.want) || got != "" {
			t.Errorf("%s: %v, rows %q, want %q", name, err, got, c.want)
		}
	}
	for n := range len(data) {
		if got, err := readAll(t, data[:n]); err == nil || got != "" {
			t.Errorf("cut at %d of %d: no error", n, len(data))
		}
	}
}

func FuzzFile(f *testing.F) {
	levels := withLevels([]byte{3, 0b1010}, plain(8, 1, 2))
	f.Add(testFile(f, 4,
		testColumn{name: "a", physical: typeInt64, repetition: optional, values: 4, pages: []testPage{{values: 4, b: levels}}},
		testColumn{name: "b", physical: typeInt32, values: 4, pages: []testPage{{kind: pageDictionary, values: 2, b: plain(4, 50, 60)}, {encoding: encodingDictionary, values: 4, b: []byte{1, 3, 6}}}},
		testColumn{name: "c", physical: typeByteArray, values: 4, codec: codecLZ4Raw, pages: []testPage{{kind: pageDataV2, values: 4, b: bytes.Repeat([]byte("\x02\x00\x00\x00kz"), 4)}}},
	))
	f.Add(testFile(f, 1, testColumn{name: "l", physical: typeInt64, list: true, repetition: optional, values: 1, pages: []testPage{{kind: pageDataV2, values: 1, rep: []byte{2, 0}, def: []byte{2, 3}, b: plain(8, 1)}}}))
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = readAll(t, data) })
}
