package counts

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/schemas"
)

// row is one row of usage in plain form, for the slow version.
type row struct {
	country                           string
	hour                              uint32
	sim                               uint8
	asn                               uint32
	client                            uint64
	of                                schemas.Names
	flows, unanswered, bytes, records uint64
	expected                          float64
	clients                           uint64 // 0 is 1
	span                              uint8
}

func randomRows(random *rand.Rand, n int) []row {
	verdicts := []schemas.Names{
		{Tool: "openvpn", Category: "vpn", Level: schemas.Likely, Pack: "a", Lists: "x"},
		{Tool: "openvpn", Service: "mullvad", Category: "vpn", Level: schemas.Confirmed, Pack: "a", Lists: "x"},
		{Tool: "openvpn", Category: "tunnel", Level: schemas.Possible, Pack: "b", Lists: "x"}, // one tool of two categories
		{Tool: "tor", Service: "tor", Category: "anonymity", Level: schemas.Confirmed, Pack: "a", Lists: "y"},
		{Tool: "socks5", Category: "proxy", Level: schemas.Possible, Pack: "a", Lists: "x"},
		{Tool: "telegram", Service: "telegram", Category: "messenger", Level: schemas.Likely, Pack: "a", Lists: "x"},
		{Tool: "none", Category: "none", Pack: "a", Lists: "x"},
		{Tool: "none", Service: "telegram", Category: "none", Pack: "a", Lists: "x"},
	}
	rows := make([]row, n)
	for i := range rows {
		flows := uint64(1 + random.IntN(4))
		rows[i] = row{
			country: []string{"", "by", "ru"}[random.IntN(3)], hour: 1523836800 + uint32(random.IntN(48))*3600, sim: uint8(random.IntN(2)),
			asn: uint32(random.IntN(3)), client: uint64(random.IntN(12)), of: verdicts[random.IntN(len(verdicts))],
			flows: flows, unanswered: uint64(random.IntN(int(flows) + 1)), bytes: uint64(random.IntN(1000)), records: uint64(1 + random.IntN(3)),
			expected: float64(random.IntN(1000)) / 997,
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		key := func(r row) string { return fmt.Sprintf("%s %d %d %020d", r.country, r.hour/86400, r.sim, r.client) }
		return strings.Compare(key(a), key(b))
	})
	return rows
}

func batch(mem memory.Allocator, rows []row) arrow.Record {
	b := array.NewRecordBuilder(mem, schemas.CountInputSchema)
	defer b.Release()
	for _, r := range rows {
		b.Field(0).(*array.StringBuilder).Append(r.country)
		b.Field(1).(*array.Uint32Builder).Append(r.hour)
		b.Field(2).(*array.Uint8Builder).Append(r.sim)
		b.Field(3).(*array.Uint32Builder).Append(r.asn)
		b.Field(7).(*array.Float64Builder).Append(r.expected)
		for i, v := range map[int]uint64{4: r.client, 5: r.of.Number(), 6: r.flows, 8: r.unanswered, 9: r.bytes, 10: r.records, 11: max(1, r.clients)} {
			b.Field(i).(*array.Uint64Builder).Append(v)
		}
		b.Field(12).(*array.Uint8Builder).Append(r.span)
	}
	return b.NewRecord()
}

// counted is a row of counts: its key as text, and its numbers.
type counted struct {
	key                                            string
	clients, reached, flows, unanswered, bytes, rs uint64
	expected                                       float64
}

// slowly counts with a set of clients for every group.
func slowly(rows []row) map[string]counted {
	type group struct {
		top     map[uint64]schemas.Level
		reached map[uint64]bool
		by      [levels]counted
	}
	out := map[string]counted{}
	groups := map[string]*group{}
	at := func(r row, name string, names ...any) string {
		return fmt.Sprintln(append([]any{name, r.country, r.sim}, names...)...)
	}
	spans := func(r row) map[string]bool {
		return map[string]bool{fmt.Sprint("day ", r.hour/86400): true, fmt.Sprint("hour ", r.hour/3600): false}
	}
	sets := map[string]map[uint64]map[string]schemas.Level{} // scope, client, category
	for _, r := range rows {
		for span, isDay := range spans(r) {
			keys := []string{at(r, "all", span, 0, "", "", ""), at(r, "network", span, r.asn, "", "", ""),
				at(r, "tool", span, 0, r.of.Tool, "", r.of.Category), at(r, "category", span, 0, "", "", r.of.Category)}
			scopes := []string{at(r, "categories", span, 0, "")}
			if isDay {
				keys = append(keys, at(r, "service", span, 0, "", r.of.Service, ""), at(r, "tool_service", span, 0, r.of.Tool, r.of.Service, ""),
					at(r, "category_service", span, 0, "", r.of.Service, r.of.Category), at(r, "network_tool", span, r.asn, r.of.Tool, "", r.of.Category),
					at(r, "network_category", span, r.asn, "", "", r.of.Category), at(r, "network_service", span, r.asn, "", r.of.Service, ""))
				scopes = append(scopes, at(r, "tool_categories", span, 0, r.of.Tool), at(r, "network_categories", span, r.asn, ""))
			}
			for _, key := range keys {
				g := groups[key]
				if g == nil {
					g = &group{top: map[uint64]schemas.Level{}, reached: map[uint64]bool{}}
					groups[key] = g
				}
				g.top[r.client] = max(g.top[r.client], r.of.Level)
				g.reached[r.client] = g.reached[r.client] || r.flows > r.unanswered
				s := &g.by[r.of.Level]
				s.flows, s.unanswered, s.bytes, s.rs, s.expected = s.flows+r.flows, s.unanswered+r.unanswered, s.bytes+r.bytes, s.rs+r.records, s.expected+r.expected
			}
			for _, scope := range scopes {
				if sets[scope] == nil {
					sets[scope] = map[uint64]map[string]schemas.Level{}
				}
				if sets[scope][r.client] == nil {
					sets[scope][r.client] = map[string]schemas.Level{}
				}
				mine := sets[scope][r.client]
				mine[r.of.Category] = max(mine[r.of.Category], r.of.Level)
			}
		}
	}
	for key, g := range groups {
		for client, top := range g.top {
			g.by[top].clients++
			if g.reached[client] {
				g.by[top].reached++
			}
		}
		name, _, _ := strings.Cut(key, " ")
		if name == "all" || name == "network" || name == "service" || name == "category_service" || name == "network_service" {
			var total counted
			for _, s := range g.by {
				total.clients, total.reached, total.flows, total.unanswered = total.clients+s.clients, total.reached+s.reached, total.flows+s.flows, total.unanswered+s.unanswered
				total.bytes, total.rs, total.expected = total.bytes+s.bytes, total.rs+s.rs, total.expected+s.expected
			}
			g.by = [levels]counted{total}
		}
		for level, s := range g.by {
			if s.rs > 0 {
				s.key = key + schemas.Level(level).String() + " []"
				out[s.key] = s
			}
		}
	}
	for scope, clients := range sets {
		for _, categories := range clients {
			for level := range levels {
				var set []string
				for category, top := range categories {
					if int(top) >= level {
						set = append(set, category)
					}
				}
				if len(set) < 2 {
					continue
				}
				slices.Sort(set)
				key := strings.TrimSuffix(scope, "\n") + "  \n" + schemas.Level(level).String() + " " + fmt.Sprint(set)
				c := out[key]
				c.key = key
				c.clients++
				out[key] = c
			}
		}
	}
	return out
}

// TestCountsAgainstSets compares with sets of clients over random rows, whatever the batches they come in.
func TestCountsAgainstSets(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	for seed := range uint64(20) {
		rows := randomRows(rand.New(rand.NewPCG(seed, 1)), 800)
		names := map[uint64]schemas.Names{}
		for _, r := range rows {
			names[r.of.Number()] = r.of
		}
		got := map[string]counted{}
		denominators := map[string][2]uint64{}
		take := func(rec arrow.Record, span string) {
			for i := range int(rec.NumRows()) {
				c, all := read(rec, i, span)
				if _, twice := got[c.key]; twice {
					t.Errorf("twice: %s", c.key)
				}
				got[c.key] = c
				denominators[c.key] = all
			}
		}
		counter := New(names, Options{Mem: mem, AsOf: time.Unix(1, 0), Version: func(Key) uint64 { return 7 }, Rows: int(seed) * 30,
			Out: func(hours, days arrow.Record) error { take(hours, "hour"); take(days, "day"); return nil }})
		for size := 1 + int(seed)*7; len(rows) > 0; rows = rows[min(size, len(rows)):] {
			rec := batch(mem, rows[:min(size, len(rows))])
			if err := counter.Add(rec); err != nil {
				t.Fatal(err)
			}
			rec.Release()
		}
		if err := counter.Close(); err != nil {
			t.Fatal(err)
		}
		want := slowly(randomRows(rand.New(rand.NewPCG(seed, 1)), 800))
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(counted{}), near); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
		checkDenominators(t, want, denominators)
	}
}

// TestClientsAlike compares clients of whom there are three with the same three, one by one.
func TestClientsAlike(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	const alike = 3
	for seed := range uint64(10) {
		names := map[uint64]schemas.Names{}
		var each, together []row
		for _, r := range randomRows(rand.New(rand.NewPCG(seed, 2)), 400) {
			names[r.of.Number()] = r.of
			for n := range uint64(alike) {
				one := r
				one.client = r.client*alike + n
				each = append(each, one)
			}
			r.flows, r.unanswered, r.bytes, r.records, r.expected, r.clients = r.flows*alike, r.unanswered*alike, r.bytes*alike, r.records*alike, r.expected*alike, alike
			for _, r.span = range []uint8{hourAlone, dayAlone} {
				if r.span == dayAlone {
					r.hour -= r.hour % 86400
				}
				together = append(together, r)
			}
		}
		slices.SortStableFunc(together, func(a, b row) int {
			key := func(r row) string {
				return fmt.Sprintf("%s %d %d %d %d %020d", r.country, r.hour/86400, r.sim, r.span, r.hour, r.client)
			}
			return strings.Compare(key(a), key(b))
		})
		got := map[string]counted{}
		take := func(rec arrow.Record, span string) {
			for i := range int(rec.NumRows()) {
				c, _ := read(rec, i, span)
				got[c.key] = c
			}
		}
		counter := New(names, Options{Mem: mem, Version: func(Key) uint64 { return 7 },
			Out: func(hours, days arrow.Record) error { take(hours, "hour"); take(days, "day"); return nil }})
		rec := batch(mem, together)
		if err := counter.Add(rec); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		if err := counter.Close(); err != nil {
			t.Fatal(err)
		}
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })
		if diff := cmp.Diff(slowly(each), got, cmp.AllowUnexported(counted{}), near); diff != "" {
			t.Fatalf("seed %d (-each +together):\n%s", seed, diff)
		}
	}
}

// read gives row i of counts, and its denominators.
func read(rec arrow.Record, i int, span string) (counted, [2]uint64) {
	text := func(col int) string { return schemas.DictString(rec.Column(col).(*array.Dictionary), i) }
	num := func(col int) uint64 { return rec.Column(col).(*array.Uint64).Value(i) }
	var at int64
	switch times := rec.Column(3).(type) {
	case *array.Date32:
		at = int64(times.Value(i))
	case *array.Timestamp:
		at = int64(times.Value(i)) / 3600
	}
	list := rec.Column(9).(*array.List)
	from, to := list.ValueOffsets(i)
	set := make([]string, 0, to-from)
	for j := from; j < to; j++ {
		set = append(set, list.ListValues().(*array.String).Value(int(j)))
	}
	key := fmt.Sprintln(text(0), text(2), rec.Column(4).(*array.Uint8).Value(i), fmt.Sprint(span, " ", at), rec.Column(5).(*array.Uint32).Value(i),
		text(6), text(7), text(8)) + text(1) + " " + fmt.Sprint(set)
	return counted{key: key, clients: num(10), reached: num(11), flows: num(12), expected: rec.Column(13).(*array.Float64).Value(i),
		unanswered: num(14), bytes: num(15), rs: num(18)}, [2]uint64{num(16), num(17)}
}

// checkDenominators compares each row's denominator with the count of its country, or of its network.
func checkDenominators(t *testing.T, want map[string]counted, got map[string][2]uint64) {
	t.Helper()
	for key, all := range got {
		fields := strings.Split(strings.SplitN(key, "\n", 2)[0], " ") // grouping, country, simulated, "day" or "hour", its number, network, …
		grouping, network := "all", "0"
		if strings.HasPrefix(fields[0], "network_") {
			grouping, network = "network", fields[5]
		}
		of := want[fmt.Sprintln(grouping, fields[1], fields[2], fields[3], fields[4], network, "", "", "")+"unclassified []"]
		if all != [2]uint64{of.clients, of.flows} {
			t.Errorf("%q: denominators %v, want %d clients and %d flows", key, all, of.clients, of.flows)
		}
	}
}

func TestUnknownVerdict(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	counter := New(nil, Options{Mem: mem})
	defer counter.Release()
	rec := batch(mem, randomRows(rand.New(rand.NewPCG(1, 1)), 1))
	defer rec.Release()
	if err := counter.Add(rec); err == nil || !strings.Contains(err.Error(), "has no names") {
		t.Errorf("got %v", err)
	}
}

// A day without rows replaces what it had by nothing, and one with rows stays.
func TestEmpty(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	var got []string
	counter := New(nil, Options{Mem: mem, Version: func(Key) uint64 { return 1 }, Out: func(hours, days arrow.Record) error {
		got = append(got, fmt.Sprint(hours.NumRows(), " ", days.NumRows(), " ", days.Column(10).(*array.Uint64).Value(0)))
		return nil
	}})
	for range 2 {
		if err := counter.Empty(Key{"ru", 17000}); err != nil {
			t.Fatal(err)
		}
	}
	if err := counter.Close(); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[1 1 0]" {
		t.Errorf("got %q", got)
	}
}
