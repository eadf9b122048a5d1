package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/meter"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/transform/enrich"
)

// runOptions are the flags of run.
type runOptions struct {
	follow     bool
	format     string
	again      bool
	newKey     bool
	maxRejects int64
	watch      bool
	page       *pageOptions // served meanwhile; nil: none is
}

func newRunCommand(a *app) *cobra.Command {
	var o runOptions
	var guess bool
	cmd := &cobra.Command{
		Use:   "run SOURCE...",
		Short: "Read telemetry, classify it and keep the counts in the store",
		Long: `run reads every SOURCE into the store: a file, a directory (every file below it),
"-" for standard input, or kafka://host:port/topic?format=…&group=….
gzip and zstandard are seen through, formats are recognised by looking.

Each record ends as stored, folded or rejected; "banshift reconcile" proves it.
What the store has already is not read again. Ctrl-C drains and leaves nothing half
done; the same command goes on where it stopped.`,
		Example: `  banshift run --store ./store telemetry/
  zcat flows.ndjson.gz | banshift run --config banshift.yaml --format goflow2-json -
  banshift run --store ./store --again telemetry/
  banshift run --config banshift.yaml --follow \
    'kafka://127.0.0.1:9092/flows?format=goflow2-json&group=banshift'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.cfg.Ingest.GuessClients = a.cfg.Ingest.GuessClients || guess
			return a.run(cmd.Context(), args, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.follow, "follow", false, "go on at the end: of Kafka topics, of logs that grow and are rotated, of directories in which files appear")
	flags.StringVar(&o.format, "format", "", "format of the files, instead of recognising it: "+formatNames())
	flags.Int64Var(&o.maxRejects, "max-rejects", -1, "exit with 3 where more records are rejected, when following as soon as they are; -1: no limit")
	flags.BoolVar(&o.again, "again", false, "read the records once more that were rejected, after their cause was mended")
	flags.BoolVar(&o.newKey, "new-key", false, "go on under a key that the store does not know; clients seen under both keys on one day count twice on it")
	flags.BoolVar(&o.watch, "watch", false, "with --follow: raise alarms on what is stored, as 'banshift watch' does")
	flags.BoolVar(&guess, "guess-clients", false, "without home, guess by ports which end of a one-way flow is the client")
	return cmd
}

func formatNames() string {
	var names []string
	for _, f := range decode.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// run carries the sources into the store and reports what became of the records.
func (a *app) run(ctx context.Context, args []string, o runOptions) error {
	format, err := parseFormat(o.format)
	if err != nil {
		return err
	}
	topics, paths := splitSources(args)
	if err := checkTopicFormats(topics); err != nil {
		return misused(err)
	}
	if o.follow && slices.Contains(paths, files.Stdin) {
		return misused(errors.New("--follow is for directories, files and topics: standard input is read while it comes without it"))
	}
	if o.watch && !o.follow {
		return misused(errors.New("--watch is for --follow; 'banshift watch' judges what is stored"))
	}
	list, err := files.Find(paths)
	if err != nil && !o.follow {
		return err
	}
	list = a.outsideStore(list)
	keys, err := a.readKeys()
	if err != nil {
		return err
	}
	hangups, forget := hangups(o.follow)
	defer forget()
	w := a.watch()
	untell, err := a.tell(ctx, w)
	if err != nil {
		return err
	}
	defer untell()
	stages, store, err := a.prepare(ctx, o.follow)
	if err != nil {
		return unlessStopped(ctx, o.follow, err)
	}
	defer store.Close()
	defer boundMemory(a.cfg.Ingest.workers())()
	if keys, err = a.useKeys(ctx, store, keys, o.newKey); err != nil {
		return err
	}
	defer a.keepRotated(ctx, keys)()
	a.sayGaps(stages)
	began := time.Now()
	exporters, err := store.Exporters(ctx)
	if err != nil {
		return err
	}
	reads := newReadings(store)
	now := newCurrent(stages)
	pipe, err := a.newPipeline(now, keys, store, exporters, reads, o)
	if err != nil {
		return err
	}
	defer pipe.Close()
	w.stats, w.store, w.keys, w.lists = pipe.Stats(), store, keys, func() []enrich.ListInfo { return now.stages.Load().enricher.Lists().Info() }
	defer a.tellOfStore(ctx, w)()
	defer a.notify(ctx, w)()
	opened := func(src *files.Source) error {
		if err := a.accept(now.stages.Load(), src.Format); err != nil {
			return err
		}
		if o.again {
			return reads.again(ctx, src)
		}
		return nil
	}
	var again *readings
	if o.again {
		again = reads
	}
	following, stop := context.WithCancel(ctx)
	defer stop()
	renewed := []renewal{a.renewStages(now)}
	if o.follow {
		go a.keepUpdated(following, now)
		go a.keepBeating(following, w)
		a.sayStale(stages, began)
	}
	if o.watch {
		watching, err := a.watchers(store, a.logAlarms)
		if err != nil {
			return err
		}
		go watching.keepWatching(following)
		renewed = append(renewed, watching.renew)
	}
	ctx, endPage := ctx, func() error { return nil }
	if o.page != nil {
		page, err := a.openPage(ctx, store, *o.page)
		if err != nil {
			return err
		}
		ctx, endPage = page.beginServing(ctx)
		renewed = append(renewed, page.renew)
	}
	go a.keepReloaded(following, hangups, renewed...)
	runErr := a.runCounting(ctx, store, o.follow, func() error {
		return a.runSources(ctx, pipe, sources{paths, list, topics, opened, again}, format, o)
	})
	if err := endPage(); err != nil && (runErr == nil || errors.Is(runErr, context.Canceled)) {
		runErr = err
	}
	if runErr == nil || pipe.Stats().In.Load() > 0 {
		a.summarize(pipe.Stats(), time.Since(began))
		a.sayTimes(now.stages.Load(), pipe.Stats())
	}
	if runErr != nil && !errors.Is(runErr, context.Canceled) && !errors.Is(runErr, pipeline.ErrTooManyRejects) {
		return runErr
	}
	if rejected := pipe.Stats().Rejected.Load(); o.maxRejects >= 0 && rejected > o.maxRejects {
		return &exitError{exitRejects, fmt.Errorf("%d records rejected, more than --max-rejects %d; see banshift query rejects", rejected, o.maxRejects)}
	}
	if runErr != nil {
		a.log.Info("stopped on request; the same command goes on from here")
	}
	return nil
}

// Memory beyond which garbage is collected more often than by itself, and what each worker adds
// to it: what is at work at once grows with the workers, garbage would double it.
const memoryBase, memoryOfWorker = 128 << 20, 48 << 20

// boundMemory keeps garbage from taking as much memory as what is at work, unless GOMEMLIMIT
// says how much there is. The function that it gives ends that.
func boundMemory(workers int) (end func()) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(memoryBase + int64(workers)*memoryOfWorker)
	return func() { debug.SetMemoryLimit(before) }
}

// countEvery is how old the counts of a running day become before they are made again.
const countEvery = time.Minute

// retainEvery is how often what has expired is looked for while a run follows.
const retainEvery = time.Hour

// runCounting has what a run stores counted: at its end, and while it follows.
func (a *app) runCounting(ctx context.Context, store *load.Store, follow bool, run func() error) error {
	following, stop := context.WithCancel(ctx)
	var counting sync.WaitGroup
	if follow {
		counted := a.watched.board.Stage(stageCount).Run()
		counting.Go(func() { store.KeepCounted(following, countEvery); counted(following.Err() != nil) })
		counting.Go(func() { store.KeepRetained(following, retainEvery) })
	}
	err := run()
	stop()
	counting.Wait()
	// Once asked to stop, there is a moment for it; what is left is counted when somebody asks.
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drainFor, cancel) })()
	if _, countErr := store.Count(last, 0); countErr != nil {
		a.log.Warn("what was stored is not counted yet: the next question or run does it", "error", countErr)
	}
	return err
}

// prepare loads rules and lists while the store is opened, or waited for. What is wrong with the
// configuration comes first.
func (a *app) prepare(ctx context.Context, await bool) (*stages, *load.Store, error) {
	opening, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var loaded *stages
	var loadErr error
	var loading sync.WaitGroup
	loading.Go(func() {
		if loaded, loadErr = loadStages(a.cfg); loadErr != nil && await {
			giveUp()
		}
	})
	open := a.createStore
	if a.awaitsRoom = await; await {
		open = func(ctx context.Context) (*load.Store, error) { return a.awaitStore(ctx, a.createStore) }
	}
	store, err := open(opening)
	loading.Wait()
	if loadErr != nil && err == nil {
		loadErr = errors.Join(loadErr, store.Close())
	}
	if loadErr != nil {
		return nil, nil, loadErr
	}
	return loaded, store, err
}

// outsideStore leaves out what lies in the store's own directory.
func (a *app) outsideStore(list []files.File) []files.File {
	store, err := filepath.Abs(a.cfg.Store)
	if err != nil || !isDirectory(a.cfg.Store) {
		return list
	}
	return slices.DeleteFunc(list, func(f files.File) bool {
		path, err := filepath.Abs(f.Path)
		return err == nil && !f.Explicit && strings.HasPrefix(path, store+string(filepath.Separator))
	})
}

func (a *app) newPipeline(now *current, keys *anonymize.Keys, store *load.Store, exporters map[string]bool, reads *readings, o runOptions) (*pipeline.Pipeline, error) {
	in := a.cfg.Ingest
	var limit *int64
	if o.follow && o.maxRejects >= 0 {
		limit = &o.maxRejects
	}
	return pipeline.New(pipeline.Options{
		RejectLimit: limit, Identify: identify(store, keys), Incarnation: store.Incarnation, Accept: func(f decode.Format) error { return a.accept(now.stages.Load(), f) },
		Store: store, NewParts: func() (pipeline.Parts, error) { return now.stages.Load().parts(keys) }, Generation: now.generation.Load,
		NewGate: func() (*anonymize.Gate, error) {
			gate := now.stages.Load().gateOptions(keys)
			gate.Only, gate.Exporters = reads.passes, exporters
			return anonymize.NewGate(gate)
		},
		Workers: in.workers(), BatchRecords: in.BatchRecords, BlockRecords: in.BlockRecords, BlockBytes: in.BlockBytes,
		FlushAfter: in.flushAfter(), Log: a.log, FileName: keys.FileName, Watch: a.watched.work,
	})
}

// sources are what a run reads: list are the files below paths now.
type sources struct {
	paths  []string
	list   []files.File
	topics []string
	// opened is asked about each source before it is read.
	opened func(*files.Source) error
	again  *readings // nil: nothing is read again
}

// runSources reads the files, then the topics; those that are followed have no end to wait for.
func (a *app) runSources(ctx context.Context, pipe *pipeline.Pipeline, in sources, format decode.Format, o runOptions) error {
	progress := startProgress(a.errOut, pipe.Stats(), totalSize(in.list))
	defer progress.Stop()
	options := pipeline.FileOptions{Format: format, Stdin: a.in, Packets: packets}
	options.Opened = func(src *files.Source) error { progress.Opened(src); return in.opened(src) }
	if o.follow {
		return a.follow(ctx, pipe, in, options)
	}
	if len(in.list) > 0 {
		if err := pipe.Files(ctx, in.list, options); err != nil {
			return err
		}
	}
	return a.runTopics(ctx, pipe, in.topics, false, in.again)
}

// follow reads directories and topics at the same time, until ctx is done.
func (a *app) follow(ctx context.Context, pipe *pipeline.Pipeline, in sources, options pipeline.FileOptions) error {
	group, ctx := errgroup.WithContext(ctx)
	if len(in.paths) > 0 {
		a.log.Info("following", "paths", in.paths)
		find := func() ([]files.File, error) {
			list, err := files.Find(in.paths)
			return a.outsideStore(list), err
		}
		group.Go(func() error { return pipe.Follow(ctx, find, options) })
	}
	group.Go(func() error { return a.runTopics(ctx, pipe, in.topics, true, in.again) })
	return group.Wait()
}

// packets gives a decoder of pcap and pcapng.
func packets() decode.Stream { return meter.New(meter.Options{}) }

func parseFormat(name string) (decode.Format, error) {
	if name == "" {
		return "", nil
	}
	f, err := decode.ParseFormat(name)
	return f, misused(err)
}

// splitSources parts kafka:// URIs from paths.
func splitSources(args []string) (topics, paths []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, kafka.Scheme) {
			topics = append(topics, arg)
			continue
		}
		paths = append(paths, arg)
	}
	return topics, paths
}

// checkTopicFormats finds a format that is none before anything is connected to.
func checkTopicFormats(topics []string) error {
	for _, uri := range topics {
		format, err := kafka.FormatOf(uri)
		if err != nil {
			return err
		}
		if format == "" {
			continue
		}
		f, err := decode.ParseFormat(format)
		if err == nil {
			_, err = decode.NewMessage(f)
		}
		if err != nil {
			return fmt.Errorf("kafka source: format=%s: %w", format, err)
		}
	}
	return nil
}

// totalSize sums the sizes of files; 0 where one is unknown.
func totalSize(list []files.File) int64 {
	var total int64
	for _, f := range list {
		info, err := os.Stat(f.Path)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		total += info.Size()
	}
	return total
}

// summarize prints the account of a run.
func (a *app) summarize(s *pipeline.Stats, elapsed time.Duration) {
	in := s.In.Load()
	fmt.Fprintf(a.errOut, "in %s = stored %s + folded %s + rejected %s   (%.1f s, %s records/s",
		count(in), count(s.Stored.Load()), count(s.Folded.Load()), count(s.Rejected.Load()),
		elapsed.Seconds(), count(int64(float64(in)/max(elapsed.Seconds(), 1e-3))))
	for _, extra := range []struct {
		n    int64
		what string
	}{
		{s.Skipped.Load(), "carried no telemetry"}, {s.Paired.Load(), "joined to their other direction"},
		{s.Unpaired.Load(), "without their other direction"},
		{s.Known.Load(), "files known already"}, {s.Unrecognised.Load(), "files of no known format"}, {s.Taken.Load(), "sources left to another program"},
	} {
		if extra.n > 0 {
			fmt.Fprintf(a.errOut, "; %s %s", count(extra.n), extra.what)
		}
	}
	fmt.Fprintln(a.errOut, ")")
	if halves := s.Unpaired.Load(); halves > 0 && halves > s.Paired.Load() {
		a.log.Warn("most one-way records did not meet their other direction and are flows of their own: directions are joined inside a block of one partition; key the topic by both ends of a flow, read a small topic with pair=topic in its address, or raise ingest.block_records (ingest.block_bytes of files)",
			"halves", halves, "joined", s.Paired.Load())
	}
	for _, r := range s.Reasons() {
		fmt.Fprintf(a.errOut, "  rejected %s: %s\n", count(r.Count), r.Reason)
	}
}
