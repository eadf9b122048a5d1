package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/gaissmai/bart"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/external/listdir"
	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/transform/classify"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/flowcontext"
	"github.com/banshift/banshift/transform/usage"
)

// stages are the parts of the pipeline that are made once and shared by all workers.
type stages struct {
	cfg      Config
	home     *bart.Lite
	settings []string // that the version of the lists names: what home is
	enricher *enrich.Enricher
	pack     *classify.Pack
	verdicts *classify.Classifier
	context  *flowcontext.Stage
}

// loadStages reads the lists, networks, home prefixes and rules of the configuration.
func loadStages(cfg Config) (*stages, error) {
	home, settings, err := homePrefixes(cfg)
	if err != nil {
		return nil, misused(err)
	}
	var enricher *enrich.Enricher
	var pack *classify.Pack
	var loading errgroup.Group
	loading.Go(func() (err error) { pack, err = loadPack(cfg.Rules); return err })
	loading.Go(func() (err error) { enricher, err = loadLists(cfg, settings); return err })
	if err := loading.Wait(); err != nil {
		return nil, err
	}
	return newStages(cfg, home, settings, enricher, pack)
}

// loadLists reads what servers and clients are looked up in.
func loadLists(cfg Config, settings []string) (*enrich.Enricher, error) {
	lists, err := listSources(cfg)
	if err != nil {
		return nil, misused(err)
	}
	return enrich.New(enrich.Config{Lists: lists, Networks: networkSources(cfg.Networks), ReadFile: os.ReadFile, Settings: settings})
}

func newStages(cfg Config, home *bart.Lite, settings []string, enricher *enrich.Enricher, pack *classify.Pack) (*stages, error) {
	verdicts, err := classify.New(pack, classify.Options{Lists: enricher.Lists(), PriorDB: cfg.Rules.PriorDecibans})
	if err != nil {
		return nil, err
	}
	s := &stages{cfg: cfg, home: home, settings: settings, enricher: enricher, pack: pack, verdicts: verdicts}
	s.context = flowcontext.New(flowcontext.Options{Interest: s.interest})
	return s, nil
}

// loadPack loads the configured rule pack, or the built-in one.
func loadPack(cfg RulesConfig) (*classify.Pack, error) {
	if cfg.Pack == "" {
		return classify.Default()
	}
	dir, name := filepath.Split(filepath.Clean(cfg.Pack))
	return classify.Load(os.DirFS(filepath.Clean(dir)), name)
}

// gateOptions are the settings of the privacy gate.
func (s *stages) gateOptions(keys *anonymize.Keys) anonymize.Options {
	return anonymize.Options{
		Keys: keys, Home: s.home, Locator: s.enricher,
		Refuse:      s.cfg.Privacy.RawClients == "refuse",
		FutureAfter: anonymize.FutureAfter(time.Now, time.Duration(s.cfg.Ingest.FutureSeconds)*time.Second),
		Mem:         memory.DefaultAllocator,
	}
}

// parts makes what one worker of the pipeline owns.
func (s *stages) parts(keys *anonymize.Keys) (pipeline.Parts, error) {
	folder := usage.New(usage.Options{Evidence: s.evidence(), Interest: s.interest, Mem: memory.DefaultAllocator})
	return pipeline.Parts{
		Context: s.context, Stages: []pipeline.Stage{s.enricher, s.verdicts}, Folder: folder,
		Pack: s.pack.Version(), Lists: s.enricher.Lists().Version(), KeyID: keys.ID(),
	}, nil
}

// evidence names each rule of the pack with its weight in decibans.
func (s *stages) evidence() []string {
	texts := make([]string, s.pack.NumRules())
	for i := range texts {
		texts[i] = fmt.Sprintf("%s:%+g", s.pack.RuleID(uint16(i)), s.pack.Rule(uint16(i)).DB)
	}
	return texts
}

// interest gives the service whose name a registered domain is: the configured lists
// speak before the rule pack, because they are dated.
func (s *stages) interest(name string, at int64) (service, category string, ok bool) {
	if service, category, ok = s.enricher.Lists().Interest(name, at); ok {
		return service, category, true
	}
	return s.pack.Interest([]byte(name))
}

// homePrefixes collects the prefixes of the measured clients, and names them for the version
// of the lists; nothing where none are configured.
func homePrefixes(cfg Config) (*bart.Lite, []string, error) {
	texts := cfg.Home
	if cfg.HomeFile != "" {
		lines, err := prefixFile(cfg.HomeFile)
		if err != nil {
			return nil, nil, err
		}
		texts = append(append([]string(nil), texts...), lines...)
	}
	if len(texts) == 0 {
		return nil, nil, nil
	}
	table := new(bart.Lite)
	var all []string
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, nil, fmt.Errorf("home prefix %q: want address/length, as 198.51.100.0/24", text)
		}
		table.Insert(prefix.Masked())
		all = append(all, prefix.Masked().String())
	}
	slices.Sort(all)
	return table, []string{enrich.Setting("home", []byte(strings.Join(slices.Compact(all), "\n")))}, nil
}

// prefixFile reads one prefix a line; # begins a comment.
func prefixFile(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("home_file: %w", err)
	}
	defer file.Close()
	var lines []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		line, _, _ := strings.Cut(scanner.Text(), "#")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("home_file %s: %w", path, err)
	}
	return lines, nil
}

// listSources translates the configured lists; those with a source lie in the directory of lists.
func listSources(cfg Config) ([]enrich.ListSource, error) {
	kept, err := listdir.Open(cfg.ListsDirectory)
	if err != nil {
		return nil, err
	}
	var sources []enrich.ListSource
	for i, l := range cfg.Lists {
		src, err := l.labels()
		if err != nil {
			return nil, fmt.Errorf("lists[%d] %s: %w", i, l.name(), err)
		}
		if l.Path == "" && l.Source != "" {
			entry, ok := kept.Find(l.name())
			if !ok || entry.SHA256 == "" {
				return nil, fmt.Errorf("lists[%d] %s: not fetched yet; run 'banshift lists update'", i, l.name())
			}
			src.Path = kept.File(l.name())
			if src.AsOf.IsZero() {
				src.AsOf = entry.AsOf
			}
			for _, state := range entry.States {
				src.Versions = append(src.Versions, enrich.Version{Path: kept.StateFile(state), From: state.From, AsOf: state.AsOf})
			}
		}
		sources = append(sources, src)
	}
	return sources, nil
}

// name is what a list is called in the directory of lists.
func (l ListConfig) name() string {
	switch {
	case l.Name != "":
		return l.Name
	case l.Source != "":
		return path.Base(filepath.ToSlash(l.Source))
	}
	return l.Path
}

// pinned is the source with the checksum that the list must have.
func (l ListConfig) pinned() string {
	if l.SHA256 == "" {
		return l.Source
	}
	return l.Source + listdir.Checksum + strings.ToLower(l.SHA256)
}

// labels are a list's own settings.
func (l ListConfig) labels() (enrich.ListSource, error) {
	src := enrich.ListSource{Path: l.Path, Format: l.Format, Tool: l.Tool, Service: l.Service, Category: l.Category}
	var err error
	if l.Kind != "" {
		if src.Kind, err = enrich.ParseKind(l.Kind); err != nil {
			return src, err
		}
	}
	for _, date := range []struct {
		key, text string
		into      *time.Time
	}{{"as_of", l.AsOf, &src.AsOf}, {"valid_from", l.ValidFrom, &src.ValidFrom}, {"valid_to", l.ValidTo, &src.ValidTo}} {
		if date.text == "" {
			continue
		}
		if *date.into, err = enrich.ParseTime(date.text); err != nil {
			return src, fmt.Errorf("%s: %w", date.key, err)
		}
	}
	return src, nil
}

func networkSources(networks []NetworkConfig) []enrich.NetworkSource {
	var sources []enrich.NetworkSource
	for _, n := range networks {
		sources = append(sources, enrich.NetworkSource{Path: n.Path, Format: n.Format})
	}
	return sources
}

// passingKeys are keys that nobody keeps, for commands that store nothing.
func passingKeys() (*anonymize.Keys, error) {
	master := make([]byte, anonymize.MasterKeyBytes)
	rand.Read(master)
	return anonymize.NewKeys(master)
}

// flushAfter is how long a range waits for more records, and for its neighbours, when following.
func (c IngestConfig) flushAfter() time.Duration {
	return time.Duration(c.FlushAfterSeconds) * time.Second
}

// workers is the configured number of workers, by default one more than cores.
func (c IngestConfig) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0) + 1
}
