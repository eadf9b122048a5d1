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
