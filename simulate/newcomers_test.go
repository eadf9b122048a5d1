package simulate

import (
	"errors"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// A seed gives the same flows, whatever else is asked for; the truth is the clients that used the tool.
func TestNewcomers(t *testing.T) {
	n := Newcomers{Countries: 3, Days: 5, Clients: 200, Servers: 10, LifetimeDays: 20, Least: .01, Tail: 1.5, Local: .5, Sudden: .5,
		Events: []Launch{{What: "tool", Country: 1, Day: 2, Share: .3, Servers: 4, Tool: true}}}
	days := func(n Newcomers, seed uint64) (texts []string, users []int) {
		t.Helper()
		err := n.Each(seed, func(e Encounters) error {
			flows, err := schemas.FlowsOf(e.Flows)
			if err != nil {
				return err
			}
			used := map[uint64]bool{}
			country := flows.ClientCountry
			for i := range flows.Start {
				server := flows.Server.Value(i)
				if country.Dictionary().(*array.String).Value(country.GetValueIndex(i)) == n.Codes()[1] && server[12] == 0xfa {
					used[flows.Client[i]] = true
				}
			}
			if len(used) != e.Users[1] || e.Users[0]+e.Users[2] != 0 {
				t.Errorf("day %d: %d clients use the tool, the truth is %v", e.Day, len(used), e.Users)
			}
			texts, users = append(texts, string(must(e.Flows.MarshalJSON()))), append(users, e.Users[1])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return texts, users
	}
	first, users := days(n, 1)
	again, _ := days(n, 1)
	other, _ := days(n, 2)
	for i := range first {
		if first[i] != again[i] || first[i] == other[i] {
			t.Errorf("day %d: the same seed gives %v, another gives %v", i, first[i] == again[i], first[i] == other[i])
		}
	}
	if users[1] != 0 || users[2] == 0 {
		t.Errorf("users of a tool of day 2: %v", users)
	}
	stop := errors.New("stop")
	if err := n.Each(1, func(Encounters) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}
