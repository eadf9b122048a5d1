package nab

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/transform/spike/hourly"
)

const layout = "2006-01-02 15:04:05"

// published are the benchmark's own per-file scores of windowedGaussian v1.1 at threshold 1.0
// in the standard profile (results/windowedGaussian/windowedGaussian_standard_scores.csv), for
// the files that the measurements' folder has. The sum over all 58 files is -24.0131054891.
var published = map[string]float64{
	"realKnownCause/ambient_temperature_system_failure.csv":   -2,
	"realKnownCause/cpu_utilization_asg_misconfiguration.csv": -1.11,
	"realKnownCause/ec2_request_latency_system_failure.csv":   2.02150685678,
	"realKnownCause/machine_temperature_system_failure.csv":   -4,
	"realKnownCause/nyc_taxi.csv":                             -5,
	"realKnownCause/rogue_agent_key_hold.csv":                 -2.44,
	"realKnownCause/rogue_agent_key_updown.csv":               -1.3964908955,
	"realTraffic/TravelTime_387.csv":                          -1.79598133079,
	"realTraffic/TravelTime_451.csv":                          -1,
	"realTraffic/occupancy_6005.csv":                          -1,
	"realTraffic/occupancy_t4013.csv":                         1.72522152023,
	"realTraffic/speed_6005.csv":                              .832538201468,
	"realTraffic/speed_7578.csv":                              3.47059145681,
	"realTraffic/speed_t4013.csv":                             1.76631783122,
}

// threshold is the published 1.0, which is printed to twelve digits.
const threshold = 1 - 4e-13

func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	dir = filepath.Join(dir, "data", "nab")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s: the benchmark's series are absent", t.Name())
	}
	return dir
}

func readPoints(t *testing.T, path string) []Point {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var points []Point
	for s := bufio.NewScanner(f); s.Scan(); {
		at, value, _ := strings.Cut(s.Text(), ",")
		if at == "timestamp" {
			continue
		}
		when, err := time.Parse(layout, at)
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, Point{when, v})
	}
	return points
}

func readWindows(t *testing.T, dir string) map[string][]Window {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "combined_windows.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string][][2]string
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	windows := map[string][]Window{}
	for name, list := range raw {
		for _, w := range list {
			from, err := time.Parse(layout+".000000", w[0])
			if err != nil {
				t.Fatal(err)
			}
			to, err := time.Parse(layout+".000000", w[1])
			if err != nil {
				t.Fatal(err)
			}
			windows[name] = append(windows[name], Window{from, to})
		}
	}
	return windows
}

func TestWindowedGaussian(t *testing.T) {
	dir := folder(t)
	windows := readWindows(t, dir)
	total := 0
	for _, list := range windows {
		total += len(list)
	}
	// The whole benchmark's figure, from the published sum of raw scores.
	if got := Normalise(-24.0131054891, total, Standard); math.Abs(got-39.6495) > 5e-5 {
		t.Errorf("windowedGaussian over all files: %.4f, want 39.6495 (of %d windows)", got, total)
	}
	for name, want := range published {
		points := readPoints(t, filepath.Join(dir, name))
		g := Gaussian{Window: 6400, Step: 10}
		detected := make([]bool, len(points))
		for i, p := range points {
			detected[i] = g.Next(p.Value) >= threshold
		}
		if got := Score(points, detected, windows[name], Standard); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %.6f, published %.6f", name, got, want)
		}
	}
}

// TestOwnDetector publishes what the hourly detector gets on the same files, beside
// windowedGaussian: by the hour of the day, as the series are too short for weeks.
func TestOwnDetector(t *testing.T) {
	dir := folder(t)
	windows := readWindows(t, dir)
	own, gaussian, n := 0.0, 0.0, 0
	for name, reference := range published {
		points := readPoints(t, filepath.Join(dir, name))
		score := Score(points, byHour(points), windows[name], Standard)
		t.Logf("%-56s own %6.2f, windowedGaussian %6.2f, windows %d", name, score, reference, len(windows[name]))
		own, gaussian, n = own+score, gaussian+reference, n+len(windows[name])
	}
	t.Logf("normalised over these %d files: own %.1f, windowedGaussian %.1f (of all 58 files: 39.6)", len(published),
		Normalise(own, n, Standard), Normalise(gaussian, n, Standard))
}

// byHour runs the hourly detector on hourly means and marks the last point of each hour in
// which an alarm begins.
func byHour(points []Point) []bool {
	start := points[0].Time.Truncate(time.Hour)
	hours := int(points[len(points)-1].Time.Sub(start).Hours()) + 1
	sum, count, last := make([]float64, hours), make([]float64, hours), make([]int, hours)
	for i, p := range points {
		h := int(p.Time.Sub(start).Hours())
		sum[h], count[h], last[h] = sum[h]+p.Value, count[h]+1, i
	}
	for h := range sum {
		sum[h] = math.Max(0, sum[h]/count[h])
	}
	c := hourly.DefaultConfig()
	c.Period, c.Cycles, c.Counts = 24, 7, false
	detected := make([]bool, len(points))
	states := hourly.Detect(sum, c)
	for h := 1; h < hours; h++ {
		if states[h].Alarm != 0 && states[h-1].Alarm == 0 {
			detected[last[h]] = true
		}
	}
	return detected
}

func TestScoreBounds(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	points := make([]Point, 1000)
	for i := range points {
		points[i] = Point{Time: start.Add(time.Duration(i) * time.Minute)}
	}
	windows := []Window{{points[300].Time, points[349].Time}, {points[700].Time, points[749].Time}}
	none := make([]bool, len(points))
	perfect := make([]bool, len(points))
	perfect[300], perfect[700] = true, true
	for _, p := range []Profile{Standard, RewardLowFPRate, RewardLowFNRate} {
		if got := Normalise(Score(points, none, windows, p), 2, p); got != 0 {
			t.Errorf("no detection: %g", got)
		}
		if got := Normalise(Score(points, perfect, windows, p), 2, p); math.Abs(got-100) > 1e-9 {
			t.Errorf("perfect: %g", got)
		}
	}
	perfect[10] = true // probation: not judged
	perfect[200] = true
	if got := Score(points, perfect, windows, Standard); math.Abs(got-(2-.11)) > 1e-9 {
		t.Errorf("one false positive: %g", got)
	}
}
