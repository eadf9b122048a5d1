package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

// guess is a member of an earlier object. Encoders write the same keys in the same
// order, record after record: comparing a member's beginning with that of the member
// that stood there before takes a fifth of the time of reading it (measured).
type guess struct {
	lead  []byte // all from the end of the member before up to the value: `,"key":`
	key   []byte
	field int
}

// Bounds of what is remembered of an object, and how many members may be guessed
// wrongly before another object is learned.
const (
	maxGuesses = 64
	maxLead    = 128
	maxMissed  = 64
)

// relearn forgets the guesses where they fit no longer.
func (s *Scanner) relearn() {
	if s.missed > maxMissed {
		s.guesses, s.missed = s.guesses[:0], 0
	}
	s.slot, s.learning = 0, len(s.guesses) == 0
}

// learn remembers the member whose value begins at i.
func (s *Scanner) learn(i int) {
	lead := s.data[s.pos:i]
	if len(s.guesses) == maxGuesses || len(lead) > maxLead {
		s.learning = false
		return
	}
	if len(s.guesses) < cap(s.guesses) {
		s.guesses = s.guesses[:len(s.guesses)+1]
	} else {
		s.guesses = append(s.guesses, guess{})
	}
	g := &s.guesses[len(s.guesses)-1]
	g.lead, g.key, g.field = append(g.lead[:0], lead...), append(g.key[:0], s.key...), s.field
}

// guessed takes the next member where it begins as the one that stood here before, or
// the one behind that. It is false, with nothing done, where it does not, and where the
// value is wrong.
func (s *Scanner) guessed() bool {
	if s.slot >= len(s.guesses) || s.pos >= len(s.data) || s.data[s.pos] == s.close {
		return false
	}
	// The first guess has no comma before it: it is for first members, and only it.
	slot := s.slot
	g := &s.guesses[slot]
	if !begins(s.data[s.pos:], g.lead) {
		if slot++; s.first || slot == len(s.guesses) {
			s.missed++
			return false
		}
		if g = &s.guesses[slot]; !begins(s.data[s.pos:], g.lead) {
			s.missed++
			return false
		}
	}
	if !s.take(s.pos + len(g.lead)) {
		return false
	}
	s.keyGuess, s.field, s.slot, s.first = slot, g.field, slot+1, false
	return true
}

// begins compares eight bytes at a time, the last eight overlapping: leads are short, and
// a call of the general comparison costs as much as comparing them (measured).
func begins(b, with []byte) bool {
	n := len(with)
	if len(b) < n {
		return false
	}
	if n < 8 {
		return string(b[:n]) == string(with)
	}
	for i := 0; i < n-8; i += 8 {
		if binary.LittleEndian.Uint64(b[i:]) != binary.LittleEndian.Uint64(with[i:]) {
			return false
		}
	}
	return binary.LittleEndian.Uint64(b[n-8:]) == binary.LittleEndian.Uint64(with[n-8:])
}

// take reads the value at i; it is false, with nothing done, where that is none.
func (s *Scanner) take(i int) bool {
	b, v := s.data, &s.value
	if i >= len(b) {
		return false
	}
	if c := b[i]; c == '"' {
		if end := plain(b, i+1); end < len(b) && b[end] == '"' {
			v.from, v.to, v.kind, v.whole, v.plain = i, end+1, String, false, true
			s.pos = end + 1
			return true
		}
	} else if c-'0' <= 9 {
		if n, end := wholeNumber(b, i); end > i {
			v.from, v.to, v.kind, v.whole, v.n = i, end, Number, true, n
			s.pos = end
			return true
		}
	}
	end, err := skipValue(b, i, 0)
	if err != nil {
		return false
	}
	*v, s.pos = place{from: i, to: end, kind: kindOf(b[i])}, end
	return true
}

// maxDigits is how many decimal digits surely fit into 64 bits.
const maxDigits = 19

var powersOfTen = [9]uint64{1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8}

// wholeNumber reads a number without sign, fraction and exponent at i, eight digits at a
// time. end is i where there is none such, it could be beyond 64 bits, or the data ends.
func wholeNumber(b []byte, i int) (n uint64, end int) {
	from := i
	for i+8 <= len(b) {
		// Of the bytes that are no digits the lowest is marked exactly.
		w := binary.LittleEndian.Uint64(b[i:]) ^ ones*'0'
		digits := bits.TrailingZeros64((w+ones*(0x80-10)|w)&highs) >> 3
		n = n*powersOfTen[digits] + eightDigits(w<<(64-8*digits))
		i += digits
		if digits < 8 {
			break
		}
	}
	for i < len(b) && b[i]-'0' <= 9 {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	zeroFirst := b[from] == '0' && i > from+1
	if zeroFirst || i-from > maxDigits || i == len(b) || b[i] == '.' || b[i]|0x20 == 'e' {
		return 0, from
	}
	return n, i
}

// eightDigits gives the number whose digits are the bytes of w, the lowest byte first
// (D. Lemire, "Quickly parsing eight digits", 2018).
func eightDigits(w uint64) uint64 {
	w = w*10 + w>>8
	return (w&0xff000000ff*(100+1_000_000<<32) + w>>16&0xff000000ff*(1+10_000<<32)) >> 32
}
