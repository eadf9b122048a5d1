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

// Which uses have most of an hour is drawn apart: the uses are the same ones.
func TestOnePeer(t *testing.T) {
	n := Newcomers{Countries: 2, Days: 3, Clients: 300, Servers: 10, LifetimeDays: 20, Least: .01, Tail: 1.5, Local: .5, Sudden: .5,
		Events: []Launch{{Country: 1, Day: 1, Share: .2, Servers: 2, Tool: true, Tunnel: true, Used: .1}}}
	count := func(o OnePeer) (uses, most, tool int) {
		t.Helper()
		n.OnePeer = o
		err := n.Each(1, func(e Encounters) error {
			flows, err := schemas.FlowsOf(e.Flows)
			if err != nil {
				return err
			}
			for i := range flows.Start {
				if !flows.SignaturesAt(i).Has(schemas.SigFullyEncrypted) {
					continue
				}
				uses++
				if rest := flows.BytesUp[i+1] + flows.BytesDown[i+1]; flows.Client[i+1] != flows.Client[i] || flows.Start[i+1] != flows.Start[i] {
					t.Fatalf("use %d has no other flow of its client", i)
				} else if rest < flows.BytesUp[i]+flows.BytesDown[i] {
					most++
				}
			}
			tool += e.Users[1]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return uses, most, tool
	}
	uses, none, tool := count(OnePeer{})
	of, all, _ := count(OnePeer{Ordinary: 1, Tunnel: 1})
	_, tunnels, _ := count(OnePeer{Tunnel: 1})
	if none != 0 || of != uses || all != uses || tunnels < tool || tunnels >= uses {
		t.Errorf("of %d uses %d; %d, %d and %d have most of an hour, with %d users of the tool", uses, of, none, all, tunnels, tool)
	}
}
