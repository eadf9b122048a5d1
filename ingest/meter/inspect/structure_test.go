package inspect

import (
	"bytes"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas"
)

const structureTraits = schemas.TraitRepeated | schemas.TraitText | schemas.TraitConstant | schemas.TraitCounting | schemas.TraitPeriodic

func TestStructure(t *testing.T) {
	d := newDice(21)
	count := make([]byte, 40)
	for i := range count {
		count[i] = byte(7 + 3*i)
	}
	r := d.bytes(90)
	for name, c := range map[string]struct {
		payloads []Payload
		want     schemas.Traits
	}{
		"random":           {[]Payload{up(d.bytes(100)), down(d.bytes(300)), up(d.bytes(20))}, 0},
		"sent again":       {[]Payload{up(r), up(d.bytes(30)), up(r)}, schemas.TraitRepeated},
		"an echo":          {[]Payload{up(r), down(r)}, 0},
		"text":             {[]Payload{up([]byte("OPTIONS sip:a@example.org SIP/2.0\r\n"))}, schemas.TraitText},
		"silence":          {[]Payload{up(join(d.bytes(12), bytes.Repeat([]byte{0xff}, 160)))}, schemas.TraitConstant},
		"counting":         {[]Payload{up(join(d.bytes(9), count))}, schemas.TraitCounting},
		"every ten bytes":  {[]Payload{up(bytes.Repeat(d.bytes(10), 8))}, schemas.TraitPeriodic},
		"text every 12":    {[]Payload{up([]byte(strings.Repeat("sensor=0042;", 9)))}, schemas.TraitPeriodic | schemas.TraitText},
		"nothing captured": {[]Payload{{Up: true, Size: 50}}, 0},
	} {
		if got := structureOf(c.payloads).traits() & structureTraits; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if s := structureOf([]Payload{up(r)}); !s.lone || !s.once {
		t.Error("one payload is not alone")
	}
	if s := structureOf([]Payload{up(r), up(r)}); !s.lone || s.once {
		t.Error("one payload sent twice is not alone, or only once")
	}
	if s := structureOf([]Payload{up(r), down(r)}); s.lone {
		t.Error("an answered payload is alone")
	}
}

// TestLooksRandom measures how often random bytes fail, and that what is not random does.
func TestLooksRandom(t *testing.T) {
	d := newDice(22)
	for _, n := range []int{8, 12, 16, 32, 64, 148, 512} {
		const tries = 20000
		failed := 0
		for range tries {
			if !looksRandom(d.bytes(n)) {
				failed++
			}
		}
		if failed > tries/250 {
			t.Errorf("%d of %d times %d random bytes do not look random", failed, tries, n)
		}
	}
	for _, b := range [][]byte{
		make([]byte, 16), bytes.Repeat([]byte{0xff}, 8), []byte("username"), []byte("<?xml version='1"), {0, 1, 2, 3, 4, 5, 6, 7},
		{1, 10, 'u', 's', 0, 0, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0x47, 0x1f}, 8), d.bytes(7),
	} {
		if looksRandom(b) {
			t.Errorf("%x looks random", b)
		}
	}
}

// TestStructureAgainstSlow compares the shortcuts of runs, text and periods with what they stand for.
func TestStructureAgainstSlow(t *testing.T) {
	d := newDice(23)
	found := [3]int{}
	for range 20000 {
		b := pieces(d)
		constant, counting := runs(b)
		wantConstant, wantCounting := slowRun(b, true), slowRun(b, false)
		if constant != wantConstant || counting != wantCounting {
			t.Fatalf("%x: constant %t, counting %t; slowly %t, %t", b, constant, counting, wantConstant, wantCounting)
		}
		if got, want := isPeriodic(b), slowPeriodic(b); got != want {
			t.Fatalf("%x: periodic %t, slowly %t", b, got, want)
		}
		for i, holds := range []bool{constant, counting, isPeriodic(b)} {
			if holds {
				found[i]++
			}
		}
	}
	if min(found[0], found[1], found[2]) < 500 {
		t.Fatalf("constant, counting and periodic bytes were found %d times: too few to compare", found)
	}
}

// pieces makes bytes of runs of all lengths, repeated ones and random ones.
func pieces(d dice) (b []byte) {
	for range 1 + d.IntN(4) {
		step, length := byte(d.IntN(4)), d.IntN(14)
		for c := byte(d.IntN(256)); length > 0; length-- {
			b = append(b, c)
			c += step
		}
		b = append(b, d.bytes(d.IntN(6))...)
	}
	if d.IntN(3) > 0 {
		return b
	}
	b = bytes.Repeat(b, 1+100/(1+len(b)))
	for range d.IntN(12) {
		if len(b) > 0 {
			b[d.IntN(len(b))] ^= byte(d.IntN(256))
		}
	}
	return b
}

// slowRun looks at every eight bytes in a row.
func slowRun(b []byte, constant bool) bool {
	for from := 0; from+8 <= len(b); from++ {
		step, same := b[from+1]-b[from], true
		for i := from + 1; i < from+8; i++ {
			same = same && b[i]-b[i-1] == step
		}
		if same && (step == 0) == constant {
			return true
		}
	}
	return false
}

// slowPeriodic counts for every period.
func slowPeriodic(b []byte) bool {
	if len(b) < 48 {
		return false
	}
	for period := 1; period <= 32; period++ {
		same := 0
		for i := period; i < len(b); i++ {
			if b[i] == b[i-period] {
				same++
			}
		}
		if 8*same >= 7*(len(b)-period) && (b[0] == b[period] || b[1] == b[period+1]) {
			return true
		}
	}
	return false
}
