package enrich

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func onDay(n int) time.Time { return time.Date(2026, 3, n, 3, 0, 0, 0, time.UTC) }

// TestHistoryNamesEachDay has a list of four states, the second of which is confirmed twice: an
// address holds from the first state that has it, or a week before, until the first that has not.
func TestHistoryNamesEachDay(t *testing.T) {
	state := func(from, asOf int, text string) Version {
		return Version{Data: []byte(text), From: onDay(from), AsOf: onDay(asOf)}
	}
	e, err := New(Config{NoBuiltin: true, Lists: []ListSource{{Name: "vpn", Format: FormatPrefixes, Kind: KindVPN, Versions: []Version{
		state(10, 10, "192.0.2.1\n192.0.2.2\n"),
		state(11, 14, "192.0.2.1\n192.0.2.3\n"),
		state(15, 15, "192.0.2.1\n192.0.2.2\n192.0.2.3\n"),
		state(28, 28, "192.0.2.1\n192.0.2.4\n"),
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		addr string
		want string // days of March 2026, at noon, with the age where there is one
	}{
		{"192.0.2.1", "3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29+1 30+2 31+3"},
		{"192.0.2.2", "3 4 5 6 7 8 9 10 14 15 16+1 17+2 18+3 19+4 20+5 21+6 22+7 23+8 24+9 25+10 26+11 27+12"},
		{"192.0.2.3", "10 11 12 13 14 15 16+1 17+2 18+3 19+4 20+5 21+6 22+7 23+8 24+9 25+10 26+11 27+12"},
		{"192.0.2.4", "21 22 23 24 25 26 27 28 29+1 30+2 31+3"},
	} {
		var got []string
		for day := 1; day <= 31; day++ {
			at := onDay(day).Add(9 * time.Hour).UnixMilli()
			for _, m := range e.Lists().AppendValid(nil, e.Lists().AddressEntries(e.Lists().Address(netip.MustParseAddr(c.addr))), at, 443, 6) {
				if m.AgeDays > 0 {
					got = append(got, fmt.Sprintf("%d+%d", day, m.AgeDays))
				} else {
					got = append(got, fmt.Sprint(day))
				}
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.addr, got, c.want)
		}
	}
	if v := e.Lists().Version(); !strings.HasPrefix(v, "vpn~2026-03-28+") {
		t.Errorf("version %s", v)
	}
}

// TestHistoryKeepsStatedTimes has rows that state their own validity: the states do not change it.
func TestHistoryKeepsStatedTimes(t *testing.T) {
	head := "prefix,service,category,kind,valid_from,valid_to\n"
	e, err := New(Config{NoBuiltin: true, Lists: []ListSource{{Name: "own", Versions: []Version{
		{Data: []byte(head + "192.0.2.1,a,vpn,vpn,2018-01-01,2018-02-01\n192.0.2.2,a,vpn,vpn,2018-01-01,\n"), From: onDay(10), AsOf: onDay(10)},
		{Data: []byte(head + "192.0.2.1,a,vpn,vpn,2018-01-01,2018-02-01\n"), From: onDay(20), AsOf: onDay(20)},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		addr string
		at   time.Time
		want int
	}{
		{"192.0.2.1", time.Date(2018, 1, 15, 0, 0, 0, 0, time.UTC), 1},
		{"192.0.2.1", onDay(12), 0},
		{"192.0.2.2", time.Date(2018, 1, 15, 0, 0, 0, 0, time.UTC), 1},
		{"192.0.2.2", onDay(12), 1},
		{"192.0.2.2", onDay(21), 0},
	} {
		got := e.Lists().AppendValid(nil, e.Lists().AddressEntries(e.Lists().Address(netip.MustParseAddr(c.addr))), c.at.UnixMilli(), 443, 6)
		if len(got) != c.want {
			t.Errorf("%s at %s: %d entries, want %d", c.addr, c.at, len(got), c.want)
		}
	}
}
