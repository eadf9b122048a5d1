package counterfactual

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/optimize"
)

// study is one of Abadie's: columns of values by unit and year.
type study map[string]map[int]map[string]float64

func readStudy(t *testing.T, file, unit string) study {
	t.Helper()
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", "synth", file))
	if err != nil {
		t.Skip(file + " is absent")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := study{}
	for _, row := range rows[1:] {
		values := map[string]float64{}
		for i, name := range rows[0] {
			if x, err := strconv.ParseFloat(row[i], 64); err == nil {
				values[name] = x
			}
		}
		name := row[slices.Index(rows[0], unit)]
		if s[name] == nil {
			s[name] = map[int]map[string]float64{}
		}
		s[name][int(values["year"])] = values
	}
	return s
}

// predictor is the mean of a column over years.
type predictor struct {
	column         string
	from, to, step int
}

// mean of the years that have a value.
func (s study) mean(unit string, p predictor) float64 {
	var list []float64
	for year := p.from; year <= p.to; year += p.step {
		if x, ok := s[unit][year][p.column]; ok {
			list = append(list, x)
		}
	}
	return meanOf(list)
}

// donors are the other units, sorted.
func (s study) donors(treated string, without ...string) []string {
	var list []string
	for name := range s {
		if name != treated && !slices.Contains(without, name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// scaled divides each predictor by its standard deviation over all units and weights it by the root of v: the
// metric of Abadie, Diamond and Hainmueller. The first row is the treated unit's.
func scaled(rows [][]float64, v []float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i := range rows {
		out[i] = slices.Clone(rows[i])
	}
	for k := range v {
		var column []float64
		for _, r := range rows {
			column = append(column, r[k])
		}
		centre, sum := meanOf(column), 0.0
		for _, x := range column {
			sum += (x - centre) * (x - centre)
		}
		by := math.Sqrt(v[k]) / math.Sqrt(sum/float64(len(column)-1))
		for i := range out {
			out[i][k] *= by
		}
	}
	return out
}

// gap is the mean difference of the treated unit and its synthetic one over years.
func (s study) gap(treated string, donors []string, w []float64, p predictor) float64 {
	x := s.mean(treated, p)
	for j, name := range donors {
		x -= w[j] * s.mean(name, p)
	}
	return x
}

// TestGermany reproduces the synthetic West Germany of Abadie, Diamond and Hainmueller (AJPS 59, 2015) from the weights of
// the predictors that they print: weights of five countries, and about 1,600 dollars a head and year lost from 1990 to 2003.
func TestGermany(t *testing.T) {
	s := readStudy(t, "germany.csv", "country")
	const treated = "West Germany"
	donors := s.donors(treated)
	predictors := []predictor{{"gdp", 1981, 1990, 1}, {"trade", 1981, 1990, 1}, {"infrate", 1981, 1990, 1}, {"industry", 1981, 1990, 1}, {"schooling", 1980, 1985, 5}, {"invest80", 1980, 1980, 1}}
	v := []float64{.442, .134, .072, .001, .107, .245}
	var rows [][]float64
	for _, name := range append([]string{treated}, donors...) {
		var row []float64
		for _, p := range predictors {
			row = append(row, s.mean(name, p))
		}
		rows = append(rows, row)
	}
	rows = scaled(rows, v)
	w := fitSimplex(rows[0], rows[1:], len(v))
	published := map[string]float64{"Austria": .42, "USA": .22, "Japan": .16, "Switzerland": .11, "Netherlands": .09}
	for j, name := range donors {
		if math.Abs(w[j]-published[name]) > .0105 {
			t.Errorf("%s weighs %.3f, published %.2f", name, w[j], published[name])
		}
	}
	if lost := s.gap(treated, donors, w, predictor{"gdp", 1990, 2003, 1}); math.Abs(lost+1600) > 50 {
		t.Errorf("gap %.0f, published about -1600", lost)
	} else {
		t.Logf("gap %.0f, weights %.3f", lost, w)
	}
}

// TestBasque reproduces the synthetic Basque Country (Abadie and Gardeazabal, AER 93, 2003): predictors are weighted so that
// income of 1960 to 1969 is met best, and Catalonia weighs .851, Madrid .149.
func TestBasque(t *testing.T) {
	s := readStudy(t, "basque.csv", "regionname")
	const treated = "Basque Country (Pais Vasco)"
	donors := s.donors(treated, "Spain (Espana)")
	var rows [][]float64
	for _, name := range append([]string{treated}, donors...) {
		rows = append(rows, s.basqueRow(name))
	}
	weights := func(x []float64) []float64 {
		z := scaled(rows, simplexOf(x))
		return fitSimplex(z[0], z[1:], len(x))
	}
	loss := func(x []float64) float64 {
		w, sum := weights(x), 0.0
		for year := 1960; year <= 1969; year++ {
			g := s.gap(treated, donors, w, predictor{"gdpcap", year, year, 1})
			sum += g * g / 10
		}
		return sum
	}
	best, err := optimize.Minimize(optimize.Problem{Func: loss}, uniform(len(rows[0])), &optimize.Settings{FuncEvaluations: 600}, &optimize.NelderMead{})
	if err != nil && best == nil {
		t.Fatal(err)
	}
	w := weights(best.X)
	for j, name := range donors {
		want := map[string]float64{"Cataluna": .851, "Madrid (Comunidad De)": .149}[name]
		if math.Abs(w[j]-want) > .002 {
			t.Errorf("%s weighs %.3f, published %.3f", name, w[j], want)
		}
	}
	t.Logf("mean squared gap 1960 to 1969 %.5f; gap 1975 to 1997 %.3f", best.F, s.gap(treated, donors, w, predictor{"gdpcap", 1975, 1997, 1}))
}

// basqueRow are the thirteen predictors: shares of schooling in percent, investment, income, sectors, density.
func (s study) basqueRow(unit string) []float64 {
	var schooling []float64
	for _, c := range []string{"school.illit", "school.prim", "school.med", "school.high", "school.post.high"} {
		schooling = append(schooling, s.mean(unit, predictor{c, 1964, 1969, 1}))
	}
	all := meanOf(schooling) * float64(len(schooling)) / 100
	row := []float64{schooling[0] / all, schooling[1] / all, schooling[2] / all, (schooling[3] + schooling[4]) / all,
		s.mean(unit, predictor{"invest", 1964, 1969, 1}), s.mean(unit, predictor{"gdpcap", 1960, 1969, 1})}
	for _, c := range []string{"sec.agriculture", "sec.energy", "sec.industry", "sec.construction", "sec.services.venta", "sec.services.nonventa"} {
		row = append(row, s.mean(unit, predictor{c, 1961, 1969, 2}))
	}
	return append(row, s.mean(unit, predictor{"popdens", 1969, 1969, 1}))
}

// simplexOf turns any numbers into weights that sum to one.
func simplexOf(x []float64) []float64 {
	out, sum := make([]float64, len(x)), 0.0
	for i, v := range x {
		out[i] = math.Abs(v)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
