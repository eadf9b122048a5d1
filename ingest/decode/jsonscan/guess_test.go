package jsonscan

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// walk writes down all that a scanner says of an object.
func walk(s *Scanner, data []byte) string {
	var b strings.Builder
	for s.Reset(data); s.Next(); {
		v := s.Value()
		n, whole := v.Uint64()
		if fast, ok := s.Whole(); ok && (!whole || fast != n) {
			fmt.Fprintf(&b, "in passing %d, ", fast)
		}
		fmt.Fprintf(&b, "%q (%d): %s, kind %d, text %q, %d %v\n", s.Key(), s.Field(), v.Raw(), v.Kind(), s.Text(), n, whole)
	}
	fmt.Fprintln(&b, s.Err())
	return b.String()
}

// vowels is a field for keys that begin with a vowel.
func vowels(key []byte) int {
	if len(key) == 0 {
		return 0
	}
	return 1 + strings.IndexByte("aeiou", key[0])
}

// checkGuesses feeds scanners that remember with objects, and compares each with a
// fresh scanner.
func checkGuesses(t *testing.T, objects [][]byte) {
	t.Helper()
	for _, names := range []func([]byte) int{nil, vowels} {
		used := Scanner{Names: names}
		for _, data := range objects {
			fresh := Scanner{Names: names}
			if got, want := walk(&used, data), walk(&fresh, data); got != want {
				t.Fatalf("%q after %q:\n%swant\n%s", data, objects, got, want)
			}
		}
	}
}

// TestGuessesChangeNothing walks runs of objects whose keys come and go, and which are
// damaged now and then.
func TestGuessesChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	values := []string{`1`, `0`, `01`, `12345678`, `123456789`, `1234567890123456789`, `12345678901234567890`, `1.5`, `1e3`, `-2`, `""`, `"x"`,
		`"long enough for a word"`, `"a\"b"`, `true`, `null`, `nul`, `{"a":[1]}`, `[`, ``}
	keys := []string{`"a"`, `"be"`, `"elephant"`, `"i\u0061"`, `"o"`, `"a"`, `"u u"`}
	for range 3000 {
		var objects [][]byte
		space := []string{"", " ", "\t"}[r.IntN(3)]
		for range 1 + r.IntN(6) {
			var members []string
			for _, k := range keys {
				if r.IntN(5) > 0 {
					members = append(members, k+":"+space+values[r.IntN(len(values))])
				}
			}
			object := "{" + strings.Join(members, ","+space) + "}"
			if r.IntN(4) == 0 {
				at := r.IntN(len(object))
				object = object[:at] + []string{"", ",", "1", `"`}[r.IntN(4)] + object[at+r.IntN(2):]
			}
			objects = append(objects, []byte(object))
		}
		checkGuesses(t, objects)
	}
}

// TestRelearning has another shape of objects guessed after a while.
func TestRelearning(t *testing.T) {
	var s Scanner
	for range 100 {
		walk(&s, []byte(`{"a":1,"b":2}`))
	}
	for range 100 {
		walk(&s, []byte(`{"c":1,"d":2}`))
	}
	if len(s.guesses) != 2 || string(s.guesses[0].key) != "c" || s.missed > 0 {
		t.Errorf("guesses %+v, missed %d", s.guesses, s.missed)
	}
}

func TestWholeNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100_000 {
		digits := 1 + r.IntN(20)
		text := make([]byte, digits)
		for i := range text {
			text[i] = '0' + byte(r.IntN(10))
		}
		tail := []string{",", "}", ".", "e", "E", "\x80", "9x", ":", "/", ",\"longer\""}[r.IntN(10)]
		b := append([]byte("xx"), string(text)+tail...)
		n, end := wholeNumber(b, 2)
		if tail == "9x" {
			text, tail = append(text, '9'), "x"
		}
		plain := len(text) <= maxDigits && (text[0] != '0' || len(text) == 1) && !strings.ContainsAny(tail[:1], ".eE")
		want, err := strconv.ParseUint(string(text), 10, 64)
		if plain != (end > 2) || plain && (n != want || err != nil || end != 2+len(text)) {
			t.Fatalf("%q: %d to %d, want %d", b, n, end, want)
		}
	}
}

func FuzzGuesses(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":"x"}`), []byte(`{"a":2,"b":"y"}`))
	f.Add([]byte(`{"a":1,"b":"x"}`), []byte(`{"b":01,"c":"\n"}`))
	f.Add([]byte(`{"a" : 1 , "b":[1]}`), []byte(`{,"b":[1]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		checkGuesses(t, [][]byte{first, second, first})
	})
}
