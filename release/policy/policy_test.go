package policy

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"

	"github.com/banshift/banshift/queries"
)

const k = 10

// world is who was there: clients by network and tool.
type world [networks][tools]uint64

const networks, tools = 3, 3

// grouping is what a release tells apart.
type grouping int

const (
	cells grouping = iota
	byNetwork
	byTool
	everyone
)

// groups gives the cells of each row of a grouping.
func (g grouping) groups() [][]int {
	rows := map[grouping]int{cells: networks * tools, byNetwork: networks, byTool: tools, everyone: 1}[g]
	out := make([][]int, rows)
	for cell := range networks * tools {
		row := map[grouping]int{cells: cell, byNetwork: cell / tools, byTool: cell % tools, everyone: 0}[g]
		out[row] = append(out[row], cell)
	}
	return out
}

// released is what the policy shows of a world: by row of the grouping the count, or -1.
func released(t *testing.T, w world, g grouping) []int {
	t.Helper()
	r := &queries.Result{Query: queries.Query{Name: "made"}, Columns: []queries.ResultColumn{
		{Column: queries.Column{Name: "country", Role: queries.Key}}, {Column: queries.Column{Name: "row", Role: queries.Key}}, {Column: queries.Column{Name: "clients", Role: queries.Clients}},
	}}
	if g == cells {
		r.Columns[1].Name = "network"
		r.Columns = append(r.Columns, queries.ResultColumn{Column: queries.Column{Name: "kind", Role: queries.Key}})
	}
	for _, c := range r.Columns {
		r.Query.Columns = append(r.Query.Columns, c.Column)
	}
	rows := map[string]int{}
	for row, of := range g.groups() {
		sum := uint64(0)
		for _, cell := range of {
			sum += w[cell/tools][cell%tools]
		}
		values := []any{"ru", row, sum}
		if g == cells {
			values = []any{"ru", row / tools, sum, row % tools}
		}
		for i, v := range values {
			r.Columns[i].Values = append(r.Columns[i].Values, v)
		}
		rows[fmt.Sprint(values[1], values[3:])] = row
		r.Len++
	}
	if _, err := (Policy{MinClients: k}).Apply(r, nil); err != nil {
		t.Fatal(err)
	}
	shown := make([]int, len(g.groups()))
	for i := range shown {
		shown[i] = -1
	}
	for i := range r.Len {
		var more []any
		if g == cells {
			more = []any{r.Columns[3].Values[i]}
		}
		shown[rows[fmt.Sprint(r.Columns[1].Values[i], more)]] = int(r.Columns[2].Values[i].(uint64))
	}
	return shown
}

// attack is what an attacker knows of the clients of each cell in two worlds: that there is no number below 0, what was
// released, and how the worlds hang together.
type attack struct {
	less [][]float64 // coefficients of the cells of both worlds, at most
	most []float64
}

const unknowns = 2 * networks * tools

// knows adds that a sum is at least and at most something.
func (a *attack) knows(of map[int]float64, low, high float64) {
	up, down := make([]float64, unknowns), make([]float64, unknowns)
	for cell, times := range of {
		up[cell], down[cell] = times, -times
	}
	a.less, a.most = append(a.less, up, down), append(a.most, high, -low)
}

// saw adds a release of a world.
func (a *attack) saw(world int, g grouping, shown []int) {
	for row, of := range g.groups() {
		sum := map[int]float64{}
		for _, cell := range of {
			sum[world*networks*tools+cell] = 1
		}
		if shown[row] >= 0 {
			a.knows(sum, float64(shown[row])-k/2, float64(shown[row])+k/2-1)
		}
	}
}

// bounds is between what a sum lies, by linear programming.
func (a *attack) bounds(t *testing.T, of map[int]float64) (low, high float64) {
	t.Helper()
	const far = 1000
	g := mat.NewDense(len(a.less)+unknowns, unknowns, nil)
	h := append([]float64{}, a.most...)
	for i, row := range a.less {
		g.SetRow(i, row)
	}
	for i := range unknowns {
		g.Set(len(a.less)+i, i, 1)
		h = append(h, far)
	}
	solve := func(sign float64) float64 {
		c := make([]float64, unknowns)
		for cell, times := range of {
			c[cell] = sign * times
		}
		// The variables of lp.Convert are free: that none is below 0 is said, too.
		all := mat.NewDense(len(h)+unknowns, unknowns, nil)
		all.Copy(g)
		limits := append([]float64{}, h...)
		for i := range unknowns {
			all.Set(len(h)+i, i, -1)
			limits = append(limits, 0)
		}
		cStd, aStd, bStd := lp.Convert(c, all, limits, nil, nil)
		value, _, err := lp.Simplex(cStd, aStd, bStd, 1e-9, nil)
		if errors.Is(err, lp.ErrUnbounded) {
			return math.Inf(-1)
		}
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	return solve(1), -solve(-1)
}

// TestPairsOfReleases plays the attacker with 100 pairs: a day and the next, the same day with one client fewer, and
// another grouping. Of every cell of few, and of every difference between the two, at least k numbers are possible.
func TestPairsOfReleases(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 13))
	attacked := map[string]int{}
	for pair := range 100 {
		var before world
		for i := range networks {
			for j := range tools {
				before[i][j] = random.Uint64N(3 * k)
			}
		}
		after, a := before, &attack{}
		first, second := cells, cells
		kind := []string{"next day", "one client fewer", "other grouping"}[pair%3]
		switch kind {
		case "next day":
			for i := range networks {
				for j := range tools {
					after[i][j] += random.Uint64N(4)
				}
			}
			for cell := range networks * tools { // known: few came or left
				a.knows(map[int]float64{networks*tools + cell: 1, cell: -1}, -2*k, 2*k)
			}
		case "one client fewer":
			i, j := random.IntN(networks), random.IntN(tools)
			before[i][j]++
			after = before
			after[i][j]--
			for cell := range networks * tools { // whose it was is what is asked; others stayed as they were, or not
				a.knows(map[int]float64{networks*tools + cell: 1, cell: -1}, -2*k, 0)
			}
		case "other grouping":
			second = []grouping{byNetwork, byTool, everyone}[random.IntN(3)]
			for cell := range networks * tools { // known: nothing changed
				a.knows(map[int]float64{networks*tools + cell: 1, cell: -1}, 0, 0)
			}
		}
		a.saw(0, first, released(t, before, first))
		a.saw(1, second, released(t, after, second))
		for cell := range networks * tools {
			was, is := before[cell/tools][cell%tools], after[cell/tools][cell%tools]
			targets := map[string]map[int]float64{}
			if 0 < was && was < k {
				targets["cell"] = map[int]float64{cell: 1}
			}
			if was != is {
				targets["difference"] = map[int]float64{cell: 1, networks*tools + cell: -1}
			}
			for what, of := range targets {
				attacked[kind+", "+what]++
				if low, high := a.bounds(t, of); high-low < k-1-1e-6 {
					t.Fatalf("pair %d, %s: %s %d of %v and %v lies within %.1f and %.1f", pair, kind, what, cell, before, after, low, high)
				}
			}
		}
	}
	for _, kind := range []string{"next day, cell", "next day, difference", "one client fewer, cell", "one client fewer, difference", "other grouping, cell"} {
		if attacked[kind] < 20 {
			t.Errorf("%s: attacked %d only", kind, attacked[kind])
		}
	}
	t.Logf("attacked: %v", attacked)
}

// TestAttackerFinds: without rounding the same attacker tells a client that left.
func TestAttackerFinds(t *testing.T) {
	a := &attack{}
	a.knows(map[int]float64{0: 1}, 30, 30)
	a.knows(map[int]float64{networks * tools: 1}, 29, 29)
	if low, high := a.bounds(t, map[int]float64{0: 1, networks * tools: -1}); math.Abs(low-1) > 1e-6 || math.Abs(high-1) > 1e-6 {
		t.Errorf("within %.2f and %.2f", low, high)
	}
}
