package monitor

import (
	"strings"
	"testing"
	"time"
)

// What doctor says of a running program, by what its metrics show.
func TestSay(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, c := range map[string]struct {
		stored, rejected, gap int64
		behind, listAge       time.Duration
		judged                time.Duration // before now
		fullDays              float64
		wrong, fine           string
	}{
		"at the beginning":     {fine: "nothing was read yet"},
		"well":                 {stored: 1000, rejected: 10, behind: time.Minute, fine: "1010 records, 1.0 % of them rejected; partition flows 3 is 1m0s behind, the most of 1"},
		"many rejects":         {stored: 100, rejected: 100, wrong: "50.0 % of them rejected"},
		"behind":               {stored: 100, behind: time.Hour, wrong: "partition flows 3 is 1h0m0s behind"},
		"a gap":                {stored: 100, gap: 7, wrong: "7 offsets of flows gap were passed over"},
		"an old list":          {stored: 100, listAge: 40 * 24 * time.Hour, wrong: "list tor is 40 days old"},
		"a disk that fills":    {stored: 100, fullDays: 3, wrong: "the disk is full in 3.0 days"},
		"a disk that lasts":    {stored: 100, fullDays: 300, fine: "the disk is full in 300.0 days"},
		"alarms":               {judged: time.Second, fine: "alarms were judged 1s ago"},
		"alarms of long ago":   {judged: time.Hour, wrong: "alarms were judged 1h0m0s ago"},
		"a list that is fresh": {stored: 100, listAge: time.Hour, fine: "100 records, 0.0 % of them rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := func() time.Time { return now }
			lags := NewLags(clock)
			if c.behind > 0 {
				lags.Hear("flows", 3, 5, 10, now.Add(-c.behind))
			}
			s := Sources{
				Version: "test", Lags: lags.All,
				Records: func() Records { return Records{Stored: c.stored, Rejected: c.rejected} },
				Disk:    func() (Disk, float64, bool) { return Disk{}, c.fullDays, c.fullDays > 0 },
			}
			if c.gap > 0 {
				s.Passed = func() []Passed { return []Passed{{Topic: "flows", Gap: c.gap}} }
			}
			if c.listAge > 0 {
				s.Lists = func() map[string]time.Time { return map[string]time.Time{"tor": now.Add(-c.listAge)} }
			}
			board := NewBoard(func() time.Time { return now.Add(-c.judged) }, nil)
			if c.judged > 0 {
				_, done := board.Stage("watch").Work()
				done(nil)
			}
			said, err := Say(exposed(t, NewRegistry(board, s)), now)
			if err != nil {
				t.Fatal(err)
			}
			wrong, fine := strings.Join(said.Wrong, "; "), strings.Join(said.Fine, "; ")
			if !strings.Contains(wrong, c.wrong) || (c.wrong == "") != (wrong == "") || !strings.Contains(fine, c.fine) {
				t.Errorf("wrong: %q, fine: %q", wrong, fine)
			}
		})
	}
}

// The growth of a store says when its disk is full, after a while and not before.
func TestGrowth(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	g := NewGrowth(func() time.Time { return now })
	if _, _, ok := g.Now(); ok {
		t.Error("there is something before the first look")
	}
	g.Saw(Disk{Bytes: 1000, Free: 10_000})
	now = now.Add(5 * time.Minute)
	g.Saw(Disk{Bytes: 1500, Free: 9500})
	if _, days, ok := g.Now(); !ok || days != 0 {
		t.Errorf("after 5 minutes: %v %v", days, ok)
	}
	now = now.Add(7*time.Hour + 55*time.Minute)
	g.Saw(Disk{Bytes: 2000, Free: 9000})
	if _, days, _ := g.Now(); days != 3 { // 1000 bytes in a third of a day
		t.Errorf("%v days, want 3", days)
	}
}
