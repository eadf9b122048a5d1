package evaluate

import (
	"cmp"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// Evaluation is the result: the object that "banshift evaluate --json" prints.
type Evaluation struct {
	Captures int `json:"captures"`
	// Flows are the labelled flows, matched or not; Unmatched those of which no verdict was given.
	Flows     int          `json:"flows"`
	Unmatched int          `json:"unmatched"`
	PerTool   []ToolResult `json:"per_tool"`
	// MacroF1 is the mean of the tools' F1, each tool weighing the same.
	MacroF1     float64   `json:"macro_f1"`
	MacroRecall float64   `json:"macro_recall"`
	Negatives   Negatives `json:"negatives"`
	// Confusion counts truth -> verdict at likely or better, else "unclassified". Flows
	// whose label is a guess stand under [Untrusted].
	Confusion       map[string]map[string]int `json:"confusion"`
	ByAnonymisation []Anonymised              `json:"by_anonymisation"`
	ByCapture       []CaptureResult           `json:"by_capture"`
	Calibration     Calibration               `json:"calibration"`
}

// ToolResult counts flows of one tool at level likely or better.
type ToolResult struct {
	Tool     string `json:"tool"`
	Captures int    `json:"captures"`
	TP       int    `json:"tp"`
	FP       int    `json:"fp"`
	FN       int    `json:"fn"`
	// Confirmed and Possible are flows of the tool that were named at exactly that level.
	Confirmed   int         `json:"confirmed"`
	Possible    int         `json:"possible"`
	Precision   *float64    `json:"precision"` // null where nothing was named so
	Recall      *float64    `json:"recall"`    // null where no flow has the label
	F1          *float64    `json:"f1"`
	PrecisionCI *[2]float64 `json:"precision_ci"` // Wilson, 95 %
	RecallCI    *[2]float64 `json:"recall_ci"`
	// PPV is the precision to expect at base rates of 0.1, 1, 5 and 20 %, with the false
	// positive rate over negative flows, half a flow added (Jeffreys).
	PPV map[string]float64 `json:"ppv,omitempty"`
}

// Negatives are flows that are none of the tools, guessed labels among them.
type Negatives struct {
	Flows          int        `json:"flows"`
	FalsePositives int        `json:"false_positives"` // at likely or better
	Confirmed      int        `json:"confirmed"`       // of them, at confirmed
	Possible       int        `json:"possible"`        // named at possible
	RateCI         [2]float64 `json:"rate_ci"`
	// Agreeing are flows with a guessed label that the verdict shares; not counted as false.
	Agreeing int `json:"agreeing"`
	// Clean counts those that the labeller recognised as something else.
	Clean  int    `json:"clean"`
	Cases  []Case `json:"cases,omitempty"`
	Hinted []Case `json:"possible_cases,omitempty"`
}

// Case is a flow of which the verdict was wrong. It carries no address.
type Case struct {
	Capture string  `json:"capture"`
	Truth   string  `json:"truth"`
	Verdict string  `json:"verdict"`
	Level   string  `json:"level"`
	P       float64 `json:"p"`
}

// CaptureResult is the outcome of one capture file: flows of one file are not
// independent, so the files are the units to count.
type CaptureResult struct {
	Capture        string `json:"capture"`
	Positives      int    `json:"positives"`
	Named          int    `json:"named"`
	Negatives      int    `json:"negatives"`
	FalsePositives int    `json:"false_positives"`
}

// Anonymised is the outcome where part of the telemetry is withheld.
type Anonymised struct {
	Level          string             `json:"level"`
	MacroF1        float64            `json:"macro_f1"`
	MacroRecall    float64            `json:"macro_recall"`
	FalsePositives int                `json:"false_positives"`
	Recall         map[string]float64 `json:"recall"`
}

// Calibration says how well p holds as the probability that a flow is any of the tools.
type Calibration struct {
	Flows int     `json:"flows"`
	Brier float64 `json:"brier"`
	// ECE is the mean distance of p from the observed share over ten bins.
	ECE  float64 `json:"ece"`
	Bins []Bin   `json:"bins"`
}

// Bin is one tenth of the probabilities.
type Bin struct {
	Low      float64 `json:"low"`
	Flows    int     `json:"flows"`
	MeanP    float64 `json:"mean_p"`
	Observed float64 `json:"observed"`
}

// Full is the name of the run with everything that the telemetry has.
const Full = "full"

// Run evaluates verdicts by level of anonymisation; the one named [Full] is the main result.
func Run(labels []Label, verdicts map[string][]Verdict) Evaluation {
	e := one(labels, verdicts[Full])
	for _, m := range Masks() {
		v, ok := verdicts[m.Name]
		if !ok {
			continue
		}
		r := one(labels, v)
		a := Anonymised{Level: m.Name, MacroF1: r.MacroF1, MacroRecall: r.MacroRecall,
			FalsePositives: r.Negatives.FalsePositives, Recall: make(map[string]float64)}
		for _, t := range r.PerTool {
			if t.Recall != nil {
				a.Recall[t.Tool] = *t.Recall
			}
		}
		e.ByAnonymisation = append(e.ByAnonymisation, a)
	}
	return e
}

// one evaluates one set of verdicts.
func one(labels []Label, verdicts []Verdict) Evaluation {
	c := newCounter(verdicts)
	for i := range labels {
		c.count(&labels[i])
	}
	return c.result()
}

type counter struct {
	best     map[key]*Verdict
	e        Evaluation
	tools    map[string]*ToolResult
	inFiles  map[string]map[string]bool // tool -> captures
	captures map[string]*CaptureResult
	bins     [10]struct {
		n, hits int
		p       float64
	}
	brier float64
}

// newCounter keeps the surest verdict of each 5-tuple: a meter may split a flow in
// which a long pause lies.
func newCounter(verdicts []Verdict) *counter {
	c := &counter{
		best: make(map[key]*Verdict), tools: make(map[string]*ToolResult),
		inFiles: make(map[string]map[string]bool), captures: make(map[string]*CaptureResult),
	}
	c.e.Confusion = make(map[string]map[string]int)
	for i := range verdicts {
		v := &verdicts[i]
		k := keyOf(v.Capture, protocolClass(v.Protocol), v.Client, v.Server)
		if old := c.best[k]; old == nil || surer(v, old) {
			c.best[k] = v
		}
	}
	return c
}

func surer(a, b *Verdict) bool {
	if a.Level != b.Level {
		return a.Level > b.Level
	}
	return a.P > b.P
}

func (c *counter) tool(name string) *ToolResult {
	t := c.tools[name]
	if t == nil {
		t = &ToolResult{Tool: name}
		c.tools[name] = t
	}
	return t
}

func (c *counter) count(l *Label) {
	c.e.Flows++
	v := c.best[keyOf(l.Capture, l.Protocol, l.Src, l.Dst)]
	if v == nil {
		c.e.Unmatched++
		v = &Verdict{Tool: None}
	}
	capture := c.captures[l.Capture]
	if capture == nil {
		capture = &CaptureResult{Capture: l.Capture}
		c.captures[l.Capture] = capture
	}
	truth := l.truth()
	named := c.confuse(truth, l.Trusted, v)
	c.calibrate(v.P, truth != None)
	if truth == None {
		c.negative(l, v, named, capture)
		return
	}
	c.positive(truth, v, named, l.Capture, capture)
}

// confuse books the verdict under the truth and gives the name it was booked as.
func (c *counter) confuse(truth string, trusted bool, v *Verdict) string {
	named := "unclassified"
	switch {
	case truth != None && v.says(truth):
		named = truth
	case v.Level >= schemas.Likely && v.Tool != None:
		named = v.Tool
	}
	if !trusted {
		truth = Untrusted
	}
	if c.e.Confusion[truth] == nil {
		c.e.Confusion[truth] = make(map[string]int)
	}
	c.e.Confusion[truth][named]++
	return named
}

func (c *counter) positive(truth string, v *Verdict, named, file string, capture *CaptureResult) {
	capture.Positives++
	t := c.tool(truth)
	if c.inFiles[truth] == nil {
		c.inFiles[truth] = make(map[string]bool)
	}
	c.inFiles[truth][file] = true
	if v.Level == schemas.Possible && (v.Tool == truth || v.Service == truth) {
		t.Possible++
	}
	if named == truth {
		t.TP++
		capture.Named++
		if v.Level == schemas.Confirmed {
			t.Confirmed++
		}
		return
	}
	t.FN++
	if named != "unclassified" {
		c.tool(named).FP++
	}
}

func (c *counter) negative(l *Label, v *Verdict, named string, capture *CaptureResult) {
	n := &c.e.Negatives
	n.Flows++
	capture.Negatives++
	if l.Trusted && l.Named {
		n.Clean++
	}
	if named != "unclassified" && named == l.Tool {
		n.Agreeing++ // a guessed label that the verdict shares: neither right nor wrong
		return
	}
	cas := Case{Capture: l.Capture, Truth: l.Tool, Verdict: v.Tool, Level: v.Level.String(), P: round(v.P)}
	switch {
	case named != "unclassified":
		n.FalsePositives++
		capture.FalsePositives++
		c.tool(named).FP++
		if v.Level == schemas.Confirmed {
			n.Confirmed++
		}
		n.Cases = append(n.Cases, cas)
	case v.Level == schemas.Possible:
		n.Possible++
		n.Hinted = append(n.Hinted, cas)
	}
}

func (c *counter) calibrate(p float64, is bool) {
	b := &c.bins[min(9, int(p*10))]
	b.n++
	b.p += p
	outcome := 0.0
	if is {
		outcome = 1
		b.hits++
	}
	c.brier += (p - outcome) * (p - outcome)
}

// baseRates are the shares of flows at which precision is restated.
var baseRates = [...]struct {
	name string
	rate float64
}{{"0.1%", .001}, {"1%", .01}, {"5%", .05}, {"20%", .2}}

func (c *counter) result() Evaluation {
	e := &c.e
	e.Captures = len(c.captures)
	e.Negatives.RateCI = wilson(e.Negatives.FalsePositives, e.Negatives.Flows)
	for name, t := range c.tools {
		t.Captures = len(c.inFiles[name])
		t.finish(e.Negatives.Flows)
		e.PerTool = append(e.PerTool, *t)
	}
	slices.SortFunc(e.PerTool, func(a, b ToolResult) int { return cmp.Compare(a.Tool, b.Tool) })
	e.MacroF1, e.MacroRecall = macro(e.PerTool)
	for _, r := range c.captures {
		e.ByCapture = append(e.ByCapture, *r)
	}
	slices.SortFunc(e.ByCapture, func(a, b CaptureResult) int { return cmp.Compare(a.Capture, b.Capture) })
	e.Calibration = c.calibration()
	return *e
}

// finish works out the ratios. F1 counts tools that have labels.
func (t *ToolResult) finish(negatives int) {
	if named := t.TP + t.FP; named > 0 {
		p, ci := ratio(t.TP, named), wilson(t.TP, named)
		t.Precision, t.PrecisionCI = &p, &ci
	}
	truth := t.TP + t.FN
	if truth == 0 {
		return
	}
	r, ci := ratio(t.TP, truth), wilson(t.TP, truth)
	f1 := ratio(2*t.TP, 2*t.TP+t.FP+t.FN)
	t.Recall, t.RecallCI, t.F1 = &r, &ci, &f1
	fpr := (float64(t.FP) + .5) / (float64(negatives) + 1)
	t.PPV = make(map[string]float64, len(baseRates))
	for _, b := range baseRates {
		hit := b.rate * float64(t.TP) / float64(truth)
		t.PPV[b.name] = round(hit / (hit + (1-b.rate)*fpr))
	}
}

func macro(tools []ToolResult) (f1, recall float64) {
	n := 0
	for _, t := range tools {
		if t.Recall == nil {
			continue
		}
		n++
		f1 += *t.F1
		recall += *t.Recall
	}
	if n == 0 {
		return 0, 0
	}
	return round(f1 / float64(n)), round(recall / float64(n))
}

func (c *counter) calibration() Calibration {
	out := Calibration{Flows: c.e.Flows}
	if out.Flows == 0 {
		return out
	}
	out.Brier = round(c.brier / float64(out.Flows))
	for i, b := range c.bins {
		if b.n == 0 {
			continue
		}
		bin := Bin{Low: float64(i) / 10, Flows: b.n, MeanP: round(b.p / float64(b.n)), Observed: round(float64(b.hits) / float64(b.n))}
		out.Bins = append(out.Bins, bin)
		out.ECE += float64(b.n) * math.Abs(bin.MeanP-bin.Observed) / float64(out.Flows)
	}
	out.ECE = round(out.ECE)
	return out
}

func ratio(a, b int) float64 { return round(float64(a) / float64(b)) }

// round keeps four decimals, so that the object reads well and compares exactly.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// wilson is the 95 % score interval of k out of n (Wilson, JASA 1927).
func wilson(k, n int) [2]float64 {
	if n == 0 {
		return [2]float64{0, 1}
	}
	const z = 1.959963984540054
	f, m := float64(k)/float64(n), float64(n)
	centre := (f + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(f*(1-f)/m+z*z/(4*m*m))
	return [2]float64{round(max(0, centre-half)), round(min(1, centre+half))}
}
