// Package spelling recognises addresses however they are written: in names of domains and
// files, and in texts. It must never keep or log what it looks at.
package spelling

import (
	"encoding/base32"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// Label reports whether a label of a name may spell an address: four numbers, in whatever
// order and whatever is between them; digits enough for a decimal one; hexadecimal digits
// in a row or in groups, letters before them or not; base32; or letters and digits mixed
// as generated ones are. A label in punycode is read as what it stands for. home, where
// not nil, tells addresses that a word of seven letters must not decode to.
func Label(label string, home func(netip.Addr) bool) bool {
	label = strings.ToLower(label)
	if text, is := strings.CutPrefix(label, "xn--"); is {
		decoded, err := idna.Punycode.ToUnicode("xn--" + text)
		if err != nil {
			return true
		}
		label = decoded
	}
	label = asciiDigits(label)
	return fourNumbers(label) || manyDigits(label) || hexadecimal(label) || groups(label) || mixed(label) || inBase32(label, home)
}

// asciiDigits writes the digits of all scripts as ASCII, and all that is neither letter
// nor digit as a hyphen.
func asciiDigits(label string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', unicode.IsLetter(r):
			return r
		case unicode.IsDigit(r):
			return '0' + digitOf(r)
		case unicode.IsNumber(r): // in a circle, a half, a Roman one
			return '0'
		}
		return '-'
	}, label)
}

// digitOf gives the value of a decimal digit: the digits of a script stand in a row.
func digitOf(r rune) rune {
	zero := r
	for r-zero < 9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return r - zero
}

// fourNumbers finds four runs of at most three digits.
func fourNumbers(label string) bool {
	runs := 0
	for _, run := range strings.FieldsFunc(label, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(run) <= 3 {
			runs++
		}
	}
	return runs >= 4
}

// manyDigits finds digits enough for an address as one number.
func manyDigits(label string) bool {
	n := 0
	for i := range len(label) {
		if label[i] >= '0' && label[i] <= '9' {
			n++
		}
	}
	return n >= 7
}

func isHex(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' }

// hexadecimal finds eight hexadecimal digits in a row, hyphens left out.
func hexadecimal(label string) bool {
	run := 0
	for i := range len(label) {
		switch {
		case isHex(label[i]):
			if run++; run >= 8 {
				return true
			}
		case label[i] != '-':
			run = 0
		}
	}
	return false
}

// groups finds four groups in a row that are hexadecimal numbers, one of them with a
// digit; two are enough where an empty one stands for zeros.
func groups(label string) bool {
	row, digit, empty := 0, false, false
	for group := range strings.SplitSeq(label, "-") {
		group = strings.TrimPrefix(group, "0x")
		if group == "" {
			empty = true
			continue
		}
		if len(group) > 4 || strings.ContainsFunc(group, func(r rune) bool { return r > 'f' || !isHex(byte(r)) }) {
			row, digit, empty = 0, false, false
			continue
		}
		row++
		digit = digit || strings.ContainsAny(group, "0123456789")
		if digit && (row >= 4 || row >= 2 && empty) {
			return true
		}
	}
	return false
}

// mixed finds letters and digits that change three times and more within a word of six
// and more, as in base 36 and generated names.
func mixed(label string) bool {
	for word := range strings.SplitSeq(label, "-") {
		changes := 0
		for i := 1; i < len(word); i++ {
			if isDigit(word[i]) != isDigit(word[i-1]) {
				changes++
			}
		}
		if changes >= 3 && len(word) >= 6 {
			return true
		}
	}
	return false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// alphabets are those of RFC 4648 sections 6 and 7, in lower case.
var alphabets = [...]*base32.Encoding{
	base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding),
	base32.HexEncoding.WithPadding(base32.NoPadding),
}

// inBase32 finds the seven characters of an IPv4 address and the 26 of an IPv6 address; of
// words that only might be one, those that nobody can pronounce and those of home.
func inBase32(label string, home func(netip.Addr) bool) bool {
	for word := range strings.SplitSeq(label, "-") {
		if len(word) != 7 && len(word) != 26 {
			continue
		}
		for i, alphabet := range alphabets {
			text := word
			if i == 1 {
				text = strings.ToUpper(word)
			}
			raw, err := alphabet.DecodeString(text)
			if err != nil || alphabet.EncodeToString(raw) != text {
				continue
			}
			addr, ok := netip.AddrFromSlice(raw)
			if !ok {
				continue
			}
			if len(word) == 26 || strings.ContainsAny(word, "0123456789") || unpronounceable(word) || home != nil && home(addr) {
				return true
			}
		}
	}
	return false
}

// unpronounceable finds a word without a vowel, or with five consonants in a row.
func unpronounceable(word string) bool {
	run, vowels := 0, 0
	for i := range len(word) {
		if strings.IndexByte("aeiouy", word[i]) >= 0 {
			run = 0
			vowels++
			continue
		}
		if run++; run >= 5 {
			return true
		}
	}
	return vowels == 0
}
