package monitor

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metric is one metric: its name with its unit, its kind and labels, and what it means.
type Metric struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Labels []string
	Help   string
}

// Metrics are all metrics of the program's own, in the order of the reference.
var Metrics = []Metric{
	{"banshift_build_info", "gauge", []string{"version"}, "1, with the version of the program"},
	{"banshift_records_total", "counter", []string{"outcome"}, "Telemetry records by what became of them: stored, folded or rejected; their sum is what was read and is in the store"},
	{"banshift_records_decoded_total", "counter", nil, "Telemetry records that were decoded, whether they are in the store already or not"},
	{"banshift_read_bytes_total", "counter", []string{"from"}, "Bytes that were read: of files as they lie there, compressed or not; of Kafka, the values of records"},
	{"banshift_queued_ranges", "gauge", nil, "Ranges that were begun to be decoded and are not stored yet: they wait for a worker, for their neighbours, or for the store"},
	{"banshift_rejected_records_total", "counter", []string{"reason"}, "Rejected records by reason"},
	{"banshift_newest_record_timestamp_seconds", "gauge", nil, "Time of the newest record that was stored by this program"},
	{"banshift_sources_total", "counter", []string{"state"}, "Sources that were begun (read), were in the store already (known), or were taken over by another program (taken)"},
	{"banshift_kafka_lag_records", "gauge", []string{"topic", "partition"}, "Offsets between what is stored of a partition and its end; 0: all is stored"},
	{"banshift_kafka_lag_seconds", "gauge", []string{"topic", "partition"}, "How old the last record is that was read of a partition with a lag; 0 without one"},
	{"banshift_kafka_lost_offsets_total", "counter", []string{"topic", "why"}, "Offsets that were passed over: gap, retention took them; corrupt, their batch cannot be read"},
	{"banshift_stage_work_total", "counter", []string{"stage", "outcome"}, "Pieces of work that a stage ended, by success or failure"},
	{"banshift_stage_work_seconds", "histogram", []string{"stage"}, "How long a stage's pieces of work took: of store, one range with all its inserts and retries"},
	{"banshift_stage_under_way", "gauge", []string{"stage"}, "Pieces of work that a stage has begun and not ended"},
	{"banshift_stage_stuck", "gauge", []string{"stage"}, "1 where a stage made no progress for 45 s, or has ended while the program goes on; as /readyz says"},
	{"banshift_stage_last_success_timestamp_seconds", "gauge", []string{"stage"}, "When a stage last ended a piece of work with success"},
	{"banshift_store_retries_total", "counter", nil, "Statements that were sent again because the store did not take them"},
	{"banshift_store_parts", "gauge", nil, "Active parts of the store's tables"},
	{"banshift_store_merges", "gauge", nil, "Merges that the engine has under way"},
	{"banshift_store_bytes", "gauge", nil, "Bytes of the store's tables on the disk"},
	{"banshift_disk_free_bytes", "gauge", nil, "Free bytes of the fullest disk that the engine has"},
	{"banshift_disk_full_in_seconds", "gauge", nil, "Time until that disk is full at the growth of the store's tables since the program began; absent in its first ten minutes and where they do not grow"},
	{"banshift_sql_statements_total", "counter", []string{"outcome"}, "Statements of dashboards (serve --sql) by how they ended: answered; failed, with an error; refused, wrong passwords among them; stopped, as whoever asked had gone"},
	{"banshift_sql_statement_seconds_total", "counter", nil, "How long they took, waiting for their turn included"},
	{"banshift_sql_running", "gauge", nil, "Statements of dashboards that run or wait for their turn"},
	{"banshift_list_timestamp_seconds", "gauge", []string{"list"}, "As of when a list is"},
	{"banshift_key_oldest_day_timestamp_seconds", "gauge", nil, "Beginning of the oldest UTC day whose clients can still be named: keys are destroyed 48 h after their days; absent under a master key, which makes them all"},
}

// Lag is how far a partition is behind.
type Lag struct {
	Topic     string
	Partition int32
	Records   int64
	Age       time.Duration
}

// Passed are offsets of a topic that were passed over.
type Passed struct {
	Topic        string
	Gap, Corrupt int64
}

// Records are the counts of a run.
type Records struct {
	Stored, Folded, Rejected, Decoded int64
	Read, Known, Taken                int64 // sources
	FileBytes, KafkaBytes             int64
	Queued                            int64 // ranges
	Reasons                           map[string]int64
	Newest                            time.Time
}

// Disk is what a store takes.
type Disk struct {
	Parts, Merges, Bytes, Free uint64
}

// SQL are the statements of dashboards by how they ended, those that run, and how long those took that ended.
type SQL struct {
	Answered, Failed, Refused, Stopped, Running int64
	Took                                        time.Duration
}

// Sources are what the metrics are made of when they are asked for; a nil one has none.
type Sources struct {
	Version string
	Records func() Records
	Lags    func() []Lag
	Passed  func() []Passed
	Retries func() int64
	Disk    func() (now Disk, fullDays float64, ok bool)
	SQL     func() (SQL, bool)
	Lists   func() map[string]time.Time
	// OldestKey is the beginning of the oldest day that there is a key of; false: of every day.
	OldestKey func() (time.Time, bool)
}

// NewRegistry gives the metrics of a board and of sources, and those of the Go runtime and the process.
func NewRegistry(b *Board, s Sources) *prometheus.Registry {
	r := prometheus.NewRegistry()
	c := &collector{board: b, sources: s, of: map[string]*prometheus.Desc{}}
	for _, m := range Metrics {
		c.of[m.Name] = prometheus.NewDesc(m.Name, m.Help, m.Labels, nil)
	}
	r.MustRegister(c, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// collector makes the metrics anew each time that they are asked for.
type collector struct {
	board   *Board
	sources Sources
	of      map[string]*prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.of {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	give := func(kind prometheus.ValueType, name string, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(c.of[name], kind, value, labels...)
	}
	give(prometheus.GaugeValue, "banshift_build_info", 1, c.sources.Version)
	c.stages(out, give)
	c.records(give)
	c.topics(give)
	c.store(give)
	c.sql(give)
	if c.sources.Lists != nil {
		for name, at := range c.sources.Lists() {
			give(prometheus.GaugeValue, "banshift_list_timestamp_seconds", seconds(at), name)
		}
	}
	if c.sources.OldestKey == nil {
		return
	}
	if day, is := c.sources.OldestKey(); is {
		give(prometheus.GaugeValue, "banshift_key_oldest_day_timestamp_seconds", seconds(day))
	}
}

type give func(kind prometheus.ValueType, name string, value float64, labels ...string)

func (c *collector) stages(out chan<- prometheus.Metric, give give) {
	for _, s := range c.board.Stages() {
		a := s.Account()
		give(prometheus.CounterValue, "banshift_stage_work_total", float64(a.Done-a.Failures), a.Stage, "success")
		give(prometheus.CounterValue, "banshift_stage_work_total", float64(a.Failures), a.Stage, "failure")
		give(prometheus.GaugeValue, "banshift_stage_under_way", float64(a.UnderWay), a.Stage)
		stuck := 0.0
		if s.Trouble() != "" {
			stuck = 1
		}
		give(prometheus.GaugeValue, "banshift_stage_stuck", stuck, a.Stage)
		if !a.Success.IsZero() {
			give(prometheus.GaugeValue, "banshift_stage_last_success_timestamp_seconds", seconds(a.Success), a.Stage)
		}
		buckets := map[float64]uint64{}
		for i, bound := range bounds {
			buckets[bound] = a.Took.buckets[i]
		}
		out <- prometheus.MustNewConstHistogram(c.of["banshift_stage_work_seconds"], a.Took.count, a.Took.seconds, buckets, a.Stage)
	}
}

func (c *collector) records(give give) {
	if c.sources.Records == nil {
		return
	}
	r := c.sources.Records()
	for outcome, n := range map[string]int64{"stored": r.Stored, "folded": r.Folded, "rejected": r.Rejected} {
		give(prometheus.CounterValue, "banshift_records_total", float64(n), outcome)
	}
	give(prometheus.CounterValue, "banshift_records_decoded_total", float64(r.Decoded))
	give(prometheus.CounterValue, "banshift_read_bytes_total", float64(r.FileBytes), "files")
	give(prometheus.CounterValue, "banshift_read_bytes_total", float64(r.KafkaBytes), "kafka")
	give(prometheus.GaugeValue, "banshift_queued_ranges", float64(r.Queued))
	for reason, n := range r.Reasons {
		give(prometheus.CounterValue, "banshift_rejected_records_total", float64(n), reason)
	}
	for state, n := range map[string]int64{"read": r.Read, "known": r.Known, "taken": r.Taken} {
		give(prometheus.CounterValue, "banshift_sources_total", float64(n), state)
	}
	if !r.Newest.IsZero() {
		give(prometheus.GaugeValue, "banshift_newest_record_timestamp_seconds", seconds(r.Newest))
	}
}

func (c *collector) topics(give give) {
	if c.sources.Lags != nil {
		for _, l := range c.sources.Lags() {
			labels := []string{l.Topic, strconv.Itoa(int(l.Partition))}
			give(prometheus.GaugeValue, "banshift_kafka_lag_records", float64(l.Records), labels...)
			give(prometheus.GaugeValue, "banshift_kafka_lag_seconds", l.Age.Seconds(), labels...)
		}
	}
	if c.sources.Passed != nil {
		for _, p := range c.sources.Passed() {
			give(prometheus.CounterValue, "banshift_kafka_lost_offsets_total", float64(p.Gap), p.Topic, "gap")
			give(prometheus.CounterValue, "banshift_kafka_lost_offsets_total", float64(p.Corrupt), p.Topic, "corrupt")
		}
	}
}

func (c *collector) store(give give) {
	if c.sources.Retries != nil {
		give(prometheus.CounterValue, "banshift_store_retries_total", float64(c.sources.Retries()))
	}
	if c.sources.Disk == nil {
		return
	}
	d, days, ok := c.sources.Disk()
	if !ok {
		return
	}
	give(prometheus.GaugeValue, "banshift_store_parts", float64(d.Parts))
	give(prometheus.GaugeValue, "banshift_store_merges", float64(d.Merges))
	give(prometheus.GaugeValue, "banshift_store_bytes", float64(d.Bytes))
	give(prometheus.GaugeValue, "banshift_disk_free_bytes", float64(d.Free))
	if days > 0 {
		give(prometheus.GaugeValue, "banshift_disk_full_in_seconds", days*24*3600)
	}
}

func (c *collector) sql(give give) {
	if c.sources.SQL == nil {
		return
	}
	s, ok := c.sources.SQL()
	if !ok {
		return
	}
	for outcome, n := range map[string]int64{"answered": s.Answered, "failed": s.Failed, "refused": s.Refused, "stopped": s.Stopped} {
		give(prometheus.CounterValue, "banshift_sql_statements_total", float64(n), outcome)
	}
	give(prometheus.CounterValue, "banshift_sql_statement_seconds_total", s.Took.Seconds())
	give(prometheus.GaugeValue, "banshift_sql_running", float64(s.Running))
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
