package calibrate

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/banshift/banshift/transform/spike"
)

// nominal is the level of the tests whose size is measured.
const nominal = .05

// Row is what came out of one cell: shares of its runs.
type Row struct {
	Cell Cell
	Runs int
	// Time, Space and Count are the shares of runs in which the placebo in time, that in space,
	// and the exact test of small counts reject at 5 % (one-sided, for a rise), of those that had one.
	Time, Space, Count float64
	TimeRuns           int
	// Covered is how often the interval of the change as measured held the truth.
	Covered float64
	// Grades are the shares of each grade.
	Grades map[spike.Grade]float64
	// Alarms are the detector's episodes a country-year in the countries without a ban.
	Alarms float64
}

// nullFactor is how many times as many panels the cells without an effect get: a size needs
// more of them than a power.
const nullFactor = 5

// Workers is how many panels are analysed at a time.
func Workers() int { return runtime.GOMAXPROCS(0) }

// Panels is how many panels a cell gets of so many runs.
func (c Cell) Panels(runs int) int {
	if c.Effect == 0 {
		return nullFactor * runs
	}
	return runs
}

// Once analyses one panel of the cell, for whoever wants to know how long that takes.
func (c Cell) Once(ctx context.Context, seed uint64, cfg spike.Config) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	list, bans := c.Draw(rand.New(rand.NewPCG(seed, 0)))
	_, err := spike.Analyze(list, bans, cfg)
	return err
}

// Run measures every cell with runs panels each, nullFactor times as many where there is no effect,
// on all processors. The seed makes it repeatable; cells do not depend on each other.
func Run(ctx context.Context, cells []Cell, runs int, seed uint64, cfg spike.Config, progress func(done int)) ([]Row, error) {
	rows := make([]Row, len(cells))
	errs := make([]error, len(cells))
	next := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range Workers() {
		wait.Go(func() {
			for i := range next {
				rows[i], errs[i] = measure(ctx, cells[i], runs, rand.New(rand.NewPCG(seed, uint64(i))), cfg)
				mu.Lock()
				done++
				progress(done)
				mu.Unlock()
			}
		})
	}
	for i := range cells {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func measure(ctx context.Context, c Cell, runs int, rng *rand.Rand, cfg spike.Config) (Row, error) {
	runs = c.Panels(runs)
	row := Row{Cell: c, Runs: runs, Grades: map[spike.Grade]float64{}}
	var inTime, inSpace, inCount, covered, alarms share
	for range runs {
		if err := ctx.Err(); err != nil {
			return row, err
		}
		list, bans := c.Draw(rng)
		result, err := spike.Analyze(list, bans, cfg)
		if err != nil {
			return row, fmt.Errorf("calibrate %s: %w", c.Name, err)
		}
		e := own(result)
		row.Grades[e.Grade] += 1 / float64(runs)
		inTime.add(e.PTime)
		inSpace.add(e.PSpace)
		inCount.add(e.PCount)
		if e.CILow != nil && e.CIHigh != nil {
			truth := 100 * c.Effect
			covered.count(*e.CILow <= truth && truth <= *e.CIHigh)
		}
		for _, a := range result.Alarms {
			if a.Country != "aa" {
				alarms.hits++
			}
		}
		alarms.n += (c.Countries - 1) * max(0, c.Days+daysAfter-cfg.BeforeDays-14)
	}
	row.Time, row.TimeRuns, row.Space, row.Count, row.Covered = inTime.of(), inTime.n, inSpace.of(), inCount.of(), covered.of()
	row.Alarms = 365 * alarms.of()
	return row, nil
}

// own is the ban's effect on its own country.
func own(r spike.Result) spike.Effect {
	for _, e := range r.Effects {
		if e.Event == "ban" && e.OwnCountry {
			return e
		}
	}
	return spike.Effect{Grade: spike.Insufficient}
}

// share counts hits among the runs that had an answer.
type share struct{ hits, n int }

func (s *share) add(p *float64) {
	if p != nil {
		s.count(*p <= nominal)
	}
}

func (s *share) count(hit bool) {
	s.n++
	if hit {
		s.hits++
	}
}

func (s *share) of() float64 {
	if s.n == 0 {
		return math.NaN()
	}
	return float64(s.hits) / float64(s.n)
}

// WriteMarkdown writes the rows of Run as a table with how it was made.
func WriteMarkdown(w io.Writer, rows []Row, runs int, seed uint64) error {
	if len(rows) == 0 {
		return nil
	}
	p := printer{w: w}
	p.line("# Size and power of the procedure\n")
	p.line("Simulated panels of which everything is known, through the same code as real series: %d panels a row, %d where there is no effect, seed %d. Of 5 %% tests,", runs, nullFactor*runs, seed)
	p.line("rows with effect 0 show the size (Monte Carlo error about ±%.1f points), the others the power. One-sided tests for a rise.", 200*math.Sqrt(nominal*(1-nominal)/float64(nullFactor*runs)))
	p.line("Unless the row says otherwise: 1,000 users a day, AR(1) noise .05 with coefficient .5, a factor .04 common to 20 countries of 1,000 users, 200 days before.\n")
	p.line("Made by `banshift calibrate --runs %d --seed %d`. Below 20 users a day the exact test of the count decides together with the placebos.\n", runs, seed)
	p.line("| series | effect | placebo in time | in space | exact count | interval covers | supported | ambiguous | not supported | insufficient | false alarms a country-year |")
	p.line("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range rows {
		p.line("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %.2f |", r.Cell.Name, percent(r.Cell.Effect), percent(r.Time), percent(r.Space), percent(r.Count),
			percent(r.Covered), percent(r.Grades[spike.Supported]), percent(r.Grades[spike.Ambiguous]), percent(r.Grades[spike.NotSupported]),
			percent(r.Grades[spike.Insufficient]), r.Alarms)
	}
	return p.err
}

func percent(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

// printer keeps the first error of many lines.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
