// Package jsonscan walks the members of one JSON object or array without allocating
// and without building values: telemetry formats look at a few dozen known keys and
// step over the rest.
//
// It is strict about structure (RFC 8259 grammar, nothing behind the value) and must
// never read outside its input. It does not check that strings are UTF-8, and leaves
// repeated keys to the caller.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
)

// MaxDepth is how deep values may be nested inside the object that is walked.
const MaxDepth = 64

// Errors of [Scanner.Err].
var (
	ErrTruncated = errors.New("json ends in the middle")
	ErrSyntax    = errors.New("not json")
	ErrDepth     = errors.New("json nested too deeply")
	ErrTrailing  = errors.New("more behind the json value")
	ErrNotNested = errors.New("neither a json object nor an array")
)

// Scanner walks the members of one object or the elements of one array:
//
//	s.Reset(data)
//	for s.Next() {
//		switch string(s.Key()) { … s.Value() … }
//	}
//	err := s.Err()
//
// The zero value is ready; it may be reused for ever. Not safe for concurrent use.
type Scanner struct {
	// Names says which field a key is to the caller, 0: none. Members of no field are
	// stepped over. nil: all keys are of interest, and [Scanner.Field] is 0. It is asked
	// about the keys of the first object, then only about those that others lack.
	Names func(key []byte) int

	data     []byte
	pos      int
	close    byte // '}' or ']', 0 when done
	first    bool
	key      []byte // of a member that was not guessed
	keyGuess int    // the guess that was taken, or -1
	field    int
	value    place
	err      error
	scratch  []byte

	guesses  []guess
	slot     int // the guess for the next member
	missed   int
	learning bool
}

// place is where a value stands, and what was seen of it in passing.
type place struct {
	from, to int
	kind     Kind
	whole    bool   // n is the number
	plain    bool   // a string without escapes
	n        uint64 // of a whole number
}

// Reset starts on the object or array that data holds, and frees what [Scanner.Key]
// and [Scanner.Text] gave for the one before.
func (s *Scanner) Reset(data []byte) {
	s.data, s.err, s.first, s.key, s.keyGuess, s.field, s.value = data, nil, true, nil, -1, 0, place{}
	s.scratch = s.scratch[:0]
	s.close = 0
	i := skipSpace(data, 0)
	s.pos = i + 1
	switch {
	case i >= len(data):
		s.err = ErrTruncated
	case data[i] == '{':
		s.close = '}'
		s.relearn()
	case data[i] == '[':
		s.close = ']'
	default:
		s.err = ErrNotNested
	}
}

// Next goes to the next member. It is false at the end and at an error.
func (s *Scanner) Next() bool {
	for s.close != 0 {
		if (s.close != '}' || !s.guessed()) && !s.read() {
			return false
		}
		if s.field != 0 || s.Names == nil || s.close == ']' {
			return true
		}
	}
	return false
}

// read goes to the next member by the grammar.
func (s *Scanner) read() bool {
	b := s.data
	i := skipSpace(b, s.pos)
	if i >= len(b) {
		return s.fail(ErrTruncated)
	}
	if b[i] == s.close {
		return s.finish(i + 1)
	}
	if !s.first {
		if b[i] != ',' {
			return s.fail(ErrSyntax)
		}
		i = skipSpace(b, i+1)
	}
	s.first = false
	if s.close == '}' {
		var err error
		if i, err = s.readKey(i); err != nil {
			return s.fail(err)
		}
		s.name(i)
	}
	end, err := skipValue(b, i, 0)
	if err != nil {
		return s.fail(err)
	}
	s.value, s.pos = place{from: i, to: end, kind: kindOf(b[i])}, end
	return true
}

// name says which field the key is that was read, and remembers the member whose value
// begins at i.
func (s *Scanner) name(i int) {
	s.field, s.keyGuess = 0, -1
	if s.Names != nil {
		s.field = s.Names(s.key)
	}
	if s.learning {
		s.learn(i)
	}
	if s.learning || s.slot == 0 {
		s.slot++
	}
}

// readKey reads `"key" :` and gives the place of the value.
func (s *Scanner) readKey(i int) (int, error) {
	b := s.data
	if i >= len(b) {
		return i, ErrTruncated
	}
	if b[i] != '"' {
		return i, ErrSyntax
	}
	end, escaped, err := skipString(b, i+1)
	if err != nil {
		return i, err
	}
	s.key = b[i+1 : end-1]
	if escaped {
		s.key = s.unescape(s.key)
	}
	i = skipSpace(b, end)
	if i >= len(b) {
		return i, ErrTruncated
	}
	if b[i] != ':' {
		return i, ErrSyntax
	}
	return skipSpace(b, i+1), nil
}

func (s *Scanner) fail(err error) bool {
	s.err, s.close = err, 0
	return false
}

func (s *Scanner) finish(i int) bool {
	s.close, s.pos = 0, i
	if skipSpace(s.data, i) < len(s.data) {
		s.err = ErrTrailing
	}
	return false
}

// Key is the name of the member, escapes resolved; nil in an array.
func (s *Scanner) Key() []byte {
	if s.keyGuess >= 0 {
		return s.guesses[s.keyGuess].key
	}
	return s.key
}

// Field is what Names says of the member's key.
func (s *Scanner) Field() int { return s.field }

// Value is the value of the member.
func (s *Scanner) Value() Value { return Value{s.data[s.value.from:s.value.to], s.value.kind} }

// Whole is the member's number where it was seen to be a whole one in passing; where ok
// is false, ask [Scanner.Value].
func (s *Scanner) Whole() (n uint64, ok bool) { return s.value.n, s.value.whole }

// Text is the member's string, escapes resolved, valid until Reset; nil where the
// value is not a string.
func (s *Scanner) Text() []byte {
	if s.value.kind != String {
		return nil
	}
	raw := s.data[s.value.from+1 : s.value.to-1]
	if s.value.plain || bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return s.unescape(raw)
}

// Err is why the walk stopped, nil where it came to the end.
func (s *Scanner) Err() error { return s.err }

// skipSpace gives the first place from i that is not white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue gives the end of the value that begins at i.
func skipValue(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return i, ErrTruncated
	}
	switch c := b[i]; {
	case c == '"':
		end, _, err := skipString(b, i+1)
		return end, err
	case c == '-' || c-'0' <= 9:
		return skipNumber(b, i)
	case c == '{' || c == '[':
		return skipNested(b, i, depth+1)
	case c == 't':
		return skipWord(b, i, "true")
	case c == 'f':
		return skipWord(b, i, "false")
	case c == 'n':
		return skipWord(b, i, "null")
	}
	return i, ErrSyntax
}

func skipWord(b []byte, i int, word string) (int, error) {
	for k := 0; k < len(word); k++ {
		if i+k >= len(b) {
			return i, ErrTruncated
		}
		if b[i+k] != word[k] {
			return i, ErrSyntax
		}
	}
	return i + len(word), nil
}

// skipNested gives the end of the object or array that begins at i.
func skipNested(b []byte, i, depth int) (int, error) {
	if depth > MaxDepth {
		return i, ErrDepth
	}
	object := b[i] == '{'
	end := byte(']')
	if object {
		end = '}'
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == end {
		return i + 1, nil
	}
	for {
		if object {
			var err error
			if i, err = skipKey(b, i); err != nil {
				return i, err
			}
		}
		var err error
		if i, err = skipValue(b, i, depth); err != nil {
			return i, err
		}
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, ErrTruncated
		}
		if b[i] == end {
			return i + 1, nil
		}
		if b[i] != ',' {
			return i, ErrSyntax
		}
		i = skipSpace(b, i+1)
	}
}

func skipKey(b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, ErrTruncated
	}
	if b[i] != '"' {
		return i, ErrSyntax
	}
	i, _, err := skipString(b, i+1)
	if err != nil {
		return i, err
	}
	i = skipSpace(b, i)
	if i >= len(b) {
		return i, ErrTruncated
	}
	if b[i] != ':' {
		return i, ErrSyntax
	}
	return skipSpace(b, i+1), nil
}

// skipNumber follows the number grammar of RFC 8259 section 6.
func skipNumber(b []byte, i int) (int, error) {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		var err error
		if i, err = skipDigits(b, i); err != nil {
			return i, err
		}
	}
	if i < len(b) && b[i] == '.' {
		var err error
		if i, err = skipDigits(b, i+1); err != nil {
			return i, err
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return skipDigits(b, i)
	}
	return i, nil
}

func skipDigits(b []byte, i int) (int, error) {
	from := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == from {
		if i >= len(b) {
			return i, ErrTruncated
		}
		return i, ErrSyntax
	}
	return i, nil
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// skipString gives the place behind the closing quote of the string whose contents
// begin at i, and whether it holds escapes.
func skipString(b []byte, i int) (end int, escaped bool, err error) {
	for {
		i = plain(b, i)
		if i >= len(b) {
			return i, escaped, ErrTruncated
		}
		switch b[i] {
		case '"':
			return i + 1, escaped, nil
		case '\\':
			escaped = true
			if i, err = skipEscape(b, i+1); err != nil {
				return i, escaped, err
			}
		default:
			return i, escaped, ErrSyntax
		}
	}
}

// plain gives the first place from i that holds a quote, a backslash or a control
// character. Eight bytes at a time: strings are two thirds of a telemetry record.
func plain(b []byte, i int) int {
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		// In each term the lowest marked byte is exact; only bytes above it may be wrong.
		m := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// skipEscape gives the place behind the escape whose letter is at i.
func skipEscape(b []byte, i int) (int, error) {
	if i >= len(b) {
		return i, ErrTruncated
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, nil
	case 'u':
		for k := 1; k <= 4; k++ {
			if i+k >= len(b) {
				return i, ErrTruncated
			}
			if _, ok := hexDigit(b[i+k]); !ok {
				return i, ErrSyntax
			}
		}
		return i + 5, nil
	}
	return i, ErrSyntax
}
