package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/simulate"
)

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	scenario, out string
	seed          uint64
	scale         float64
	records       int
	dnsTopic      string
	partitions    int
	list          bool
}

func newSimulateCommand(a *app) *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Make telemetry of a ban from a seed, together with the truth",
		Long: `simulate makes the flow records, DNS messages, lists, networks, block list and events
of a scenario, with a configuration that reads them and a file that says what is true.
The same scenario, seed and scale give the same bytes. All of it says that it is simulated.

To Kafka it sends the flow records to the topic of the URI and the DNS messages to a second
one; topics that do not exist are made.`,
		Example: `  banshift simulate --scenario telegram-2018 --out ./april
  banshift simulate --scenario uniform --records 5000000 --out ./load
  banshift simulate --scenario uniform --records 1000000 --out kafka://127.0.0.1:9092/flows
  banshift simulate --list`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simulate(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.scenario, "scenario", "telegram-2018", "scenario: "+strings.Join(simulate.Names(), ", "))
	flags.StringVar(&o.out, "out", "", "new directory, or kafka://host:port/topic")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of all that is drawn")
	flags.Float64Var(&o.scale, "scale", 1, "number of users, as a multiple of the scenario's")
	flags.IntVar(&o.records, "records", 0, "number of records, for a throughput scenario; 0: the scenario's")
	flags.StringVar(&o.dnsTopic, "dns-topic", "", "Kafka topic of the DNS messages; empty: the topic of --out with -dns behind it")
	flags.IntVar(&o.partitions, "partitions", 4, "partitions of a Kafka topic that has to be made")
	flags.BoolVar(&o.list, "list", false, "list the scenarios")
	return cmd
}

func (a *app) simulate(ctx context.Context, o simulateOptions) error {
	if o.list {
		return listScenarios(a.out)
	}
	if o.out == "" {
		return misused(errors.New("--out is missing: name a new directory or kafka://host:port/topic"))
	}
	if !slices.Contains(simulate.Names(), o.scenario) {
		return misused(fmt.Errorf("no scenario %q: there are %s", o.scenario, strings.Join(simulate.Names(), ", ")))
	}
	s, err := simulate.Load(o.scenario)
	if err != nil {
		return err
	}
	if o.records != 0 {
		if err := s.SetRecords(o.records); err != nil {
			return misused(err)
		}
	}
	g, err := simulate.New(s, o.seed, o.scale)
	if err != nil {
		return misused(err)
	}
	began, records := time.Now(), 0
	show := a.simulationProgress(&records, began)
	if strings.HasPrefix(o.out, kafka.Scheme) {
		err = a.simulateToKafka(ctx, g, o, s.Uniform == nil, show)
	} else {
		err = g.Write(ctx, o.out, show)
	}
	if isTerminal(a.errOut) {
		fmt.Fprint(a.errOut, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	a.log.Info("simulated", "scenario", o.scenario, "seed", o.seed, "scale", o.scale, "records", records,
		"out", o.out, "seconds", time.Since(began).Seconds())
	return nil
}

// simulateToKafka sends to the topic of the URI, and DNS to the one next to it.
func (a *app) simulateToKafka(ctx context.Context, g *simulate.Generator, o simulateOptions, dns bool, show simulate.Progress) error {
	flows, err := a.producer(ctx, o.out, o.partitions)
	if err != nil {
		return err
	}
	defer flows.Close()
	if !dns {
		return g.Produce(ctx, flows, nil, show)
	}
	base, settings, _ := strings.Cut(o.out, "?")
	cut := strings.LastIndexByte(base, '/')
	if o.dnsTopic == "" {
		o.dnsTopic = base[cut+1:] + "-dns"
	}
	queries, err := a.producer(ctx, base[:cut+1]+o.dnsTopic+"?"+settings, o.partitions)
	if err != nil {
		return err
	}
	defer queries.Close()
	return g.Produce(ctx, flows, queries, show)
}

// producer opens a topic for writing and makes it where it is missing.
func (a *app) producer(ctx context.Context, uri string, partitions int) (*kafka.Producer, error) {
	if err := kafka.CreateTopic(ctx, uri, a.kafkaConfig(), partitions); err != nil {
		return nil, err
	}
	return kafka.NewProducer(ctx, uri, a.kafkaConfig())
}

// simulationProgress draws on a terminal and keeps the number of records.
func (a *app) simulationProgress(records *int, began time.Time) simulate.Progress {
	draw, last := isTerminal(a.errOut), began
	return func(n, done, total int) {
		*records = n
		if !draw || time.Since(last) < 200*time.Millisecond {
			return
		}
		last = time.Now()
		rate := float64(n) / time.Since(began).Seconds()
		text := fmt.Sprintf("%s records, %s/s", count(int64(n)), count(int64(rate)))
		if total > 0 {
			left := time.Duration(float64(time.Since(began)) * float64(total-done) / float64(max(done, 1)))
			text += fmt.Sprintf(", %.0f %%, %s left", 100*float64(done)/float64(total), left.Round(time.Second))
		}
		fmt.Fprintf(a.errOut, "\r\x1b[K%s", text)
	}
}

func listScenarios(w io.Writer) error {
	for _, name := range simulate.Names() {
		s, err := simulate.Load(name)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\n", name, s.Title); err != nil {
			return err
		}
	}
	return nil
}
