package decode

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestParseISOAgreesWithTime(t *testing.T) {
	layouts := []string{time.RFC3339Nano, "2006-01-02T15:04:05.000000-0700", "2006-01-02 15:04:05.000000", "2006-01-02T15:04:05Z"}
	r := rand.New(rand.NewPCG(5, 6))
	for range 50_000 {
		at := time.Unix(r.Int64N(1<<33), r.Int64N(1_000_000)*1000).UTC()
		layout := layouts[r.IntN(len(layouts))]
		if layout == time.RFC3339Nano && r.IntN(2) == 0 {
			at = at.In(time.FixedZone("", (r.IntN(47)-23)*1800))
		}
		text := at.Format(layout)
		want, err := time.Parse(layout, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseISO([]byte(text)); !ok || got != want.UnixMilli() {
			t.Fatalf("%s: %d %v, want %d", text, got, ok, want.UnixMilli())
		}
	}
	for _, bad := range []string{"", "2018-02-29T00:00:00Z", "2018-13-01T00:00:00Z", "2018-01-01T24:00:00Z", "2018-01-01T00:00:00.Z", "2018-01-01T00:00:00+1", "XXXX-XX-XXTXX:XX:XX"} {
		if got, ok := parseISO([]byte(bad)); ok {
			t.Errorf("%q: read as %d", bad, got)
		}
	}
}

func TestParseEpoch(t *testing.T) {
	for _, c := range []struct {
		in string
		us int64
		ok bool
	}{
		{"1300475167.096535", 1300475167096535, true}, {"0.000000", 0, true}, {"1523836800", 1523836800000000, true},
		{"XXXXXXXXXX.XXXXXX", 0, false}, {"", 0, false}, {"-1.5", 0, false}, {"1.", 0, false}, {"99999999999999", 0, false}, {"1.5x", 0, false},
	} {
		if us, ok := parseEpochMicros([]byte(c.in)); ok != c.ok || ok && us != c.us {
			t.Errorf("%q: %d %v, want %d %v", c.in, us, ok, c.us, c.ok)
		}
	}
}
