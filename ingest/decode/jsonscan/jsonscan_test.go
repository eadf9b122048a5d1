package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScanner(t *testing.T) {
	for _, c := range []struct {
		name, in string
		keys     string
		err      error
	}{
		{"empty object", `{}`, "", nil},
		{"space everywhere", " {\t\"a\" :\r\n1 , \"b\":[1, 2 ] } ", "a b", nil},
		{"nested is stepped over", `{"a":{"x":[{},{"y":"}"}]},"b":2}`, "a b", nil},
		{"escaped key", `{"\u0061\/":1}`, "a/", nil},
		{"truncated after brace", `{`, "", ErrTruncated},
		{"truncated key", `{"ab`, "", ErrTruncated},
		{"truncated number", `{"a":1`, "a", ErrTruncated},
		{"truncated nested", `{"a":1,"b":{"c":[1`, "a", ErrTruncated},
		{"truncated escape", `{"a":"\u00`, "", ErrTruncated},
		{"nothing", ``, "", ErrTruncated},
		{"not an object", `12`, "", ErrNotNested},
		{"garbage", `hello`, "", ErrNotNested},
		{"comma missing", `{"a":1 "b":2}`, "a", ErrSyntax},
		{"comma too many", `{"a":1,}`, "a", ErrSyntax},
		{"control character", "{\"a\":\"\x01\"}", "", ErrSyntax},
		{"leading zero", `{"a":01}`, "a", ErrSyntax},
		{"bad word", `{"a":trux}`, "", ErrSyntax},
		{"trailing", `{"a":1}{`, "a", ErrTrailing},
		{"too deep", `{"a":` + strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1) + "}", "", ErrDepth},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Scanner
			s.Reset([]byte(c.in))
			var keys []string
			for s.Next() {
				keys = append(keys, string(s.Key()))
			}
			if got := strings.Join(keys, " "); got != c.keys {
				t.Errorf("keys %q, want %q", got, c.keys)
			}
			if !errors.Is(s.Err(), c.err) {
				t.Errorf("error %v, want %v", s.Err(), c.err)
			}
		})
	}
}

func TestValue(t *testing.T) {
	var s Scanner
	s.Reset([]byte(`["7",18446744073709551615,18446744073709551616,-1,1.5e3,"x",true,null]`))
	type number struct {
		n  uint64
		ok bool
	}
	want := []number{{7, true}, {1<<64 - 1, true}, {0, false}, {0, false}, {1500, true}, {0, false}, {0, false}, {0, false}}
	for i := 0; s.Next(); i++ {
		n, ok := s.Value().Uint64()
		if (number{n, ok}) != want[i] {
			t.Errorf("%s: %d %v, want %v", s.Value().Raw(), n, ok, want[i])
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}

// agree checks the scanner against encoding/json, which it shares no code with.
func agree(t *testing.T, data []byte) {
	t.Helper()
	var s Scanner
	s.Reset(data)
	var keys, texts [][]byte
	object := false
	for s.Next() {
		object = object || s.Key() != nil
		if s.Value().Kind() == String {
			keys = append(keys, bytes.Clone(s.Key()))
			texts = append(texts, s.Text())
		}
	}
	if errors.Is(s.Err(), ErrDepth) {
		return
	}
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	nested := len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
	if valid := nested && json.Valid(data); valid != (s.Err() == nil) {
		t.Fatalf("%q: error %v, but valid is %v", data, s.Err(), valid)
	}
	if s.Err() != nil || !object {
		return
	}
	var want map[string]json.RawMessage
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	last := map[string][]byte{}
	for i, k := range keys {
		last[string(k)] = texts[i]
	}
	for k, text := range last {
		var str *string
		if !utf8.Valid(want[k]) || json.Unmarshal(want[k], &str) != nil || str == nil {
			continue // the last of several equal keys was no string, or encoding/json repairs it
		}
		if string(text) != *str {
			t.Fatalf("%q: text of %q is %q, want %q", data, k, text, *str)
		}
	}
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"{", "}", "[", "]", ",", ":", `"a"`, `"b\n"`, `"long enough for a word"`, `"\ud83d\ude00"`, `"\ud83d"`, "1", "-0.5e3", "01", "true", "null", "fals", " ", "\\", `"`, "\x02"}
	for range 200_000 {
		var b []byte
		if r.IntN(2) == 0 {
			b = append(b, `{"k":`...)
		}
		for range r.IntN(8) {
			b = append(b, pieces[r.IntN(len(pieces))]...)
		}
		if r.IntN(2) == 0 {
			b = append(b, '}')
		}
		agree(t, b)
	}
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x\u00e9","c":[1,{"d":null}]}`, `{"a":"\ud800"}`, `[1,2]`, `{"a":`, "{\"k\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(agree)
}

func TestNoAllocation(t *testing.T) {
	data := []byte(`{"type":"SFLOW_5","n":12345,"e":"a\/b","x":{"y":[1,2,3]}}`)
	var s Scanner
	got := testing.AllocsPerRun(100, func() {
		s.Reset(data)
		for s.Next() {
			s.Text()
			s.Value().Uint64()
		}
	})
	if got != 0 {
		t.Errorf("%v allocations a walk, want 0", got)
	}
}
