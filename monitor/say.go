package monitor

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// What is wrong enough to be said: as in deploy/prometheus/rules.yaml.
const (
	lateLag    = 15 * time.Minute
	lateAlarms = 15 * time.Minute
	staleList  = 30 * 24 * time.Hour
	fullInDays = 14.0
	rejectedIn = 0.05 // of all records
)

// Said is how a program does, in sentences.
type Said struct{ Fine, Wrong []string }

// Say reads metrics as [Handler] gives them at a time.
func Say(metrics []byte, now time.Time) (Said, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(metrics))
	if err != nil {
		return Said{}, fmt.Errorf("metrics: %w", err)
	}
	var said Said
	say := func(wrong bool, format string, args ...any) {
		if wrong {
			said.Wrong = append(said.Wrong, fmt.Sprintf(format, args...))
			return
		}
		said.Fine = append(said.Fine, fmt.Sprintf(format, args...))
	}
	records := values(families["banshift_records_total"], "outcome")
	if in := records["stored"] + records["folded"] + records["rejected"]; in > 0 {
		say(records["rejected"] > rejectedIn*in, "%.0f records, %.1f %% of them rejected", in, 100*records["rejected"]/in)
	}
	ages := values(families["banshift_kafka_lag_seconds"], "topic", "partition")
	if len(ages) > 0 {
		worst := largest(ages)
		behind := time.Duration(ages[worst] * float64(time.Second)).Truncate(time.Second)
		say(behind > lateLag, "partition %s is %s behind, the most of %d", worst, behind, len(ages))
	}
	for topic, n := range values(families["banshift_kafka_lost_offsets_total"], "topic", "why") {
		if n > 0 {
			say(true, "%.0f offsets of %s were passed over", n, topic)
		}
	}
	if full := values(families["banshift_disk_full_in_seconds"]); len(full) > 0 {
		days := full[""] / (24 * 3600)
		say(days < fullInDays, "the disk is full in %.1f days as the store grows now", days)
	}
	if judged, is := values(families["banshift_stage_last_success_timestamp_seconds"], "stage")["watch"]; is {
		ago := now.Sub(time.UnixMilli(int64(judged * 1000))).Truncate(time.Second)
		say(ago > lateAlarms, "alarms were judged %s ago", ago)
	}
	lists := values(families["banshift_list_timestamp_seconds"], "list")
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		if age := now.Sub(time.UnixMilli(int64(lists[name] * 1000))); age > staleList {
			say(true, "list %s is %d days old", name, int(age.Hours()/24))
		}
	}
	if len(said.Fine)+len(said.Wrong) == 0 {
		say(false, "no stage is stuck, and nothing was read yet")
	}
	return said, nil
}

// values gives the values of a family by some of its labels.
func values(f *dto.MetricFamily, labels ...string) map[string]float64 {
	all := map[string]float64{}
	for _, m := range f.GetMetric() {
		var key []string
		for _, want := range labels {
			for _, l := range m.GetLabel() {
				if l.GetName() == want {
					key = append(key, l.GetValue())
				}
			}
		}
		value := m.GetGauge().GetValue()
		if m.Counter != nil {
			value = m.GetCounter().GetValue()
		}
		all[strings.Join(key, " ")] = value
	}
	return all
}

// largest gives the key of the largest value, the first of several.
func largest(all map[string]float64) string {
	best, most := "", math.Inf(-1)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if all[k] > most {
			best, most = k, all[k]
		}
	}
	return best
}
