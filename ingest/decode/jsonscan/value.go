package jsonscan

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the type of a [Value].
type Kind uint8

// The kinds; Absent is that of the zero Value.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Value is the text of one checked JSON value; it aliases the scanner's input.
type Value struct {
	raw  []byte
	kind Kind
}

// kindOf tells the type by a value's first character.
func kindOf(c byte) Kind {
	switch c {
	case '"':
		return String
	case '{':
		return Object
	case '[':
		return Array
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

// Kind gives the type.
func (v Value) Kind() Kind { return v.kind }

// Raw gives the text of the value as it stands in the input.
func (v Value) Raw() []byte { return v.raw }

// bare is the text of a number, or what stands between a string's quotes.
func (v Value) bare() []byte {
	switch v.kind {
	case Number:
		return v.raw
	case String:
		return v.raw[1 : len(v.raw)-1]
	}
	return nil
}

// Uint64 reads a whole number that is not negative, also from a string of digits and
// from a number written with a fraction or exponent, which is then cut to its whole
// part. It is false for everything else and beyond 64 bits.
func (v Value) Uint64() (uint64, bool) {
	b := v.bare()
	if len(b) == 0 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return v.wholePart()
		}
		if n > math.MaxUint64/10 || n == math.MaxUint64/10 && d > math.MaxUint64%10 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	return n, true
}

// wholePart is the slow way of Uint64.
func (v Value) wholePart() (uint64, bool) {
	f, ok := v.Float64()
	if !ok || f < 0 || f >= 1<<64 {
		return 0, false
	}
	return uint64(f), true
}

// Float64 reads a number, also from a string that holds one.
func (v Value) Float64() (float64, bool) {
	b := v.bare()
	if len(b) == 0 || len(b) > 40 || b[0] != '-' && b[0]-'0' > 9 {
		return 0, false // an error of ParseFloat would allocate
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// Bool reads true and false; ok is false for everything else.
func (v Value) Bool() (value, ok bool) {
	return v.kind == Bool && v.raw[0] == 't', v.kind == Bool
}

// unescape resolves the escapes of checked string contents into the scratch space.
func (s *Scanner) unescape(b []byte) []byte {
	from := len(s.scratch)
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			s.scratch = append(s.scratch, b[i])
			i++
			continue
		}
		if b[i+1] != 'u' {
			s.scratch = append(s.scratch, plainEscape(b[i+1]))
			i += 2
			continue
		}
		r := rune(hex4(b[i+2:]))
		i += 6
		if utf16.IsSurrogate(r) {
			low := rune(utf8.RuneError)
			if i+6 <= len(b) && b[i] == '\\' && b[i+1] == 'u' {
				low = rune(hex4(b[i+2:]))
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		s.scratch = utf8.AppendRune(s.scratch, r)
	}
	return s.scratch[from:len(s.scratch):len(s.scratch)]
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // quote, backslash, slash
}

func hex4(b []byte) uint16 {
	var n uint16
	for _, c := range b[:4] {
		d, _ := hexDigit(c)
		n = n<<4 | uint16(d)
	}
	return n
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c-'0' <= 9:
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
