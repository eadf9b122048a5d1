package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/sqldoor"
	"github.com/banshift/banshift/monitor"
)

// Config is the whole configuration. Keys in the file are the mapstructure names,
// paths in it are relative to it, but for the store, which is relative to the working
// directory; the environment overrides them as BANSHIFT_<KEY> with dots as underscores.
type Config struct {
	// Store is a directory for the embedded engine, or clickhouse://user@host:9000/db.
	Store string `mapstructure:"store"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `mapstructure:"log_level"`
	// Home lists the prefixes of the measured clients; the end of a flow inside them is the client.
	Home []string `mapstructure:"home"`
	// HomeFile is a file of such prefixes, one a line.
	HomeFile string        `mapstructure:"home_file"`
	Privacy  PrivacyConfig `mapstructure:"privacy"`
	Lists    []ListConfig  `mapstructure:"lists"`
	// ListsDirectory is where "lists update" keeps the lists that have a source.
	ListsDirectory string          `mapstructure:"lists_directory"`
	Networks       []NetworkConfig `mapstructure:"networks"`
	Rules          RulesConfig     `mapstructure:"rules"`
	Ingest         IngestConfig    `mapstructure:"ingest"`
	Kafka          KafkaConfig     `mapstructure:"kafka"`
	Embedded       EmbeddedConfig  `mapstructure:"embedded"`
	Analysis       AnalysisConfig  `mapstructure:"analysis"`
	Retention      RetentionConfig `mapstructure:"retention"`
	// Events is a file or directory of catalogue files; empty: the built-in catalogue.
	Events string `mapstructure:"events"`
	// Substitutes names, for a banned service in lower case, the one that was pushed instead of it.
	Substitutes map[string]string `mapstructure:"substitutes"`
	Topology    TopologyConfig    `mapstructure:"topology"`
	Export      ExportConfig      `mapstructure:"export"`
	Metrics     MetricsConfig     `mapstructure:"metrics"`
	Watch       WatchConfig       `mapstructure:"watch"`
	SMTP        SMTPConfig        `mapstructure:"smtp"`
	SQL         SQLConfig         `mapstructure:"sql"`
	// Subscriptions say who is told of which alarms.
	Subscriptions []SubscriptionConfig `mapstructure:"subscriptions"`
}

// WatchConfig says how changes are watched for.
type WatchConfig struct {
	// GraceMinutes is how long after its end an hour counts as finished.
	GraceMinutes int `mapstructure:"grace_minutes"`
	// Proposals is a directory in which an event file is proposed for each alarm that the catalogue knows no event of; empty: none is.
	Proposals string `mapstructure:"proposals"`
}

// SMTPConfig is the server that takes e-mail to subscribers.
type SMTPConfig struct {
	// Address is the server's host:port.
	Address string `mapstructure:"address"`
	// From is the sender's e-mail address.
	From string `mapstructure:"from"`
	// User and Password log in; the password is best given as BANSHIFT_SMTP_PASSWORD.
	User     string `mapstructure:"user"`
	Password string `mapstructure:"password"`
	// TLS from the first byte, as on port 465; otherwise it is begun where the server offers it, and required of other machines.
	TLS bool `mapstructure:"tls"`
}

// SQLConfig is for the programs that "serve --sql" answers.
type SQLConfig struct {
	// Password is what they must know, of at least 16 characters; best given as BANSHIFT_SQL_PASSWORD. Empty: serve makes one and prints it.
	Password string `mapstructure:"password"`
	// StatementSeconds is how long a statement may take, with its answer.
	StatementSeconds int `mapstructure:"statement_seconds"`
	// ResultRows is how many rows an answer may have.
	ResultRows int `mapstructure:"result_rows"`
	// MemoryMegabytes is how much of the engine's memory all statements that run at once may take together.
	MemoryMegabytes int `mapstructure:"memory_megabytes"`
	// Statements is how many run at once; more wait, 10 seconds at most.
	Statements int `mapstructure:"statements"`
}

// SubscriptionConfig says who is told of which alarms. Empty lists stand for all.
type SubscriptionConfig struct {
	// Name tells subscriptions apart; who was told is remembered under it.
	Name string `mapstructure:"name"`
	// Countries are lower-case ISO codes, Networks AS numbers, Tools and Services names of verdicts. A subscription that names no network, tool or service is told of whole countries, and of a tool, network or service where there is no alarm of the country.
	Countries []string `mapstructure:"countries"`
	Networks  []uint32 `mapstructure:"networks"`
	Tools     []string `mapstructure:"tools"`
	Services  []string `mapstructure:"services"`
	// Kinds are rise, drop and unblocking.
	Kinds []string `mapstructure:"kinds"`
	// Webhook is an https:// address that messages are posted to as JSON; http:// for this machine only.
	Webhook string `mapstructure:"webhook"`
	// Email are addresses that messages are mailed to by smtp.
	Email []string `mapstructure:"email"`
	// Command is a program and its arguments, which gets messages as JSON on its standard input.
	Command []string `mapstructure:"command"`
	// Quiet are hours in which nothing is sent, as 22:00-07:00.
	Quiet string `mapstructure:"quiet"`
	// Digest is the time of the day at which all is sent at once, as 08:00; empty: each alarm when it is raised.
	Digest string `mapstructure:"digest"`
	// TimeZone is that of quiet and digest, as Europe/Berlin; empty: UTC.
	TimeZone string `mapstructure:"time_zone"`
}

// MetricsConfig says where a running program tells how it does.
type MetricsConfig struct {
	// Listen is where run and serve answer /metrics, /healthz and /readyz: an address of this machine with a port, as 127.0.0.1:9464, or unix:PATH; empty: nowhere.
	Listen string `mapstructure:"listen"`
}

// ExportConfig is what exported Parquet files say of themselves.
type ExportConfig struct {
	// Licence under which the data may be used; empty: the files say that none is stated.
	Licence string `mapstructure:"licence"`
	// Citation is how the data are to be cited; empty: made from query, parameters and days.
	Citation string `mapstructure:"citation"`
	// Authors are the names that a released data set is by; empty: it says that they are not named.
	Authors []string `mapstructure:"authors"`
}

// TopologyConfig names the files that tell how a country is tied to the rest of the world.
type TopologyConfig struct {
	// Relationships is a file of AS relationships in CAIDA's format.
	Relationships string `mapstructure:"as_relationships"`
	// Delegations are files of the regional registries' statistics.
	Delegations []string `mapstructure:"delegations"`
}

// PrivacyConfig says what the gate does to clients.
type PrivacyConfig struct {
	// RawClients is "pseudonymise", or "refuse": every record with a client address is rejected.
	RawClients string `mapstructure:"raw_clients"`
	// KeyFile holds the 32-byte master key (hex), mode 0600, made where it is missing, or day keys; it must not lie inside the store.
	KeyFile string `mapstructure:"key_file"`
	// ReleaseMinClients is the smallest number of clients that a row of an export counts.
	ReleaseMinClients int `mapstructure:"release_min_clients"`
	// ReleaseMinProsecuted is the same where people are prosecuted: in the countries of prosecuted_countries, and of events that say so.
	ReleaseMinProsecuted int `mapstructure:"release_min_clients_prosecuted"`
	// ProsecutedCountries are lower-case ISO codes of countries in which people are prosecuted for what is measured.
	ProsecutedCountries []string `mapstructure:"prosecuted_countries"`
	// ReleaseEpsilonDay is the privacy (epsilon) that all releases with noise together may spend of each client-day.
	ReleaseEpsilonDay float64 `mapstructure:"release_epsilon_day"`
	// ReleaseDirectory is where the account of releases with noise is kept; it must not lie inside the store. Empty: releases, next to the key.
	ReleaseDirectory string `mapstructure:"release_directory"`
}

// ListConfig is one list of addresses or names, with the dates it is valid for.
type ListConfig struct {
	// Path is the file; empty where Source is given.
	Path string `mapstructure:"path"`
	// Source is where "lists update" takes the list from: a path, file://, https://, or http:// with its sha256.
	Source string `mapstructure:"source"`
	// SHA256 is the checksum that the list must have, in hexadecimal; an http:// source needs it, because anybody on the way can change what it sends.
	SHA256 string `mapstructure:"sha256"`
	// Name is what the list is called in the directory of lists; empty: the source's last part.
	Name string `mapstructure:"name"`
	// Format is csv, prefixes, tor-nodes, tor-consensus, onionoo, ndpi-providers, v2fly, domains, aws or google; empty: by looking.
	Format string `mapstructure:"format"`
	// Tool, Service and Category label the entries of formats that carry none.
	Tool     string `mapstructure:"tool"`
	Service  string `mapstructure:"service"`
	Category string `mapstructure:"category"`
	// Kind is vpn, datacentre, cloud, tor, doh or provider.
	Kind string `mapstructure:"kind"`
	// AsOf, ValidFrom and ValidTo are UTC dates (2006-01-02).
	AsOf      string `mapstructure:"as_of"`
	ValidFrom string `mapstructure:"valid_from"`
	ValidTo   string `mapstructure:"valid_to"`
}

// NetworkConfig is one source of prefix -> network and country.
type NetworkConfig struct {
	// Path is a CSV with the header prefix,asn,country[,as_name,type], or a MaxMind database.
	Path string `mapstructure:"path"`
	// Format is csv, mmdb, rir (delegated-extended) or routes (prefix asn); empty: csv or mmdb by the file's name.
	Format string `mapstructure:"format"`
}

// RulesConfig says which rule pack classifies.
type RulesConfig struct {
	// Pack is a file or directory; empty: the built-in pack.
	Pack string `mapstructure:"pack"`
	// PriorDecibans overrides the prior of -20 dB (1 %).
	PriorDecibans float64 `mapstructure:"prior_decibans"`
}

// IngestConfig bounds memory, and how far away a flow's neighbours may lie.
type IngestConfig struct {
	// BatchRecords is how many rows are enriched and classified at once; what is stored does not depend on it.
	BatchRecords int `mapstructure:"batch_records"`
	// BlockRecords is how many records of a stream or of a Kafka partition make a block: they are stored together, and the neighbours of a flow are looked for in its block and the two next to it.
	BlockRecords int `mapstructure:"block_records"`
	// BlockBytes is how many bytes make a block of a file of lines.
	BlockBytes int `mapstructure:"block_bytes"`
	// FlushAfterSeconds ends a range that does not fill, of a topic that is followed and of standard input.
	FlushAfterSeconds int `mapstructure:"flush_after_seconds"`
	// Workers decode and classify in parallel; 0: one more than there are cores, as one or the other waits for the store.
	Workers int `mapstructure:"workers"`
	// GuessClients has formats that do not say who opened a flow read without home: which end is the client is guessed by ports.
	GuessClients bool `mapstructure:"guess_clients"`
	// FutureSeconds is how far ahead of the clock a record may be before it is rejected.
	FutureSeconds int `mapstructure:"future_seconds"`
}

// KafkaConfig holds what does not belong in a source's URI.
type KafkaConfig struct {
	// User and Password are for SASL; the password is best given as BANSHIFT_KAFKA_PASSWORD.
	User     string `mapstructure:"user"`
	Password string `mapstructure:"password"`
	// CAFile, CertFile and KeyFile are PEM files for TLS.
	CAFile   string `mapstructure:"ca_file"`
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
}

// EmbeddedConfig is for the embedded engine.
type EmbeddedConfig struct {
	// Path is libchdb.so or a clickhouse binary; empty: looked for in the usual places.
	Path string `mapstructure:"path"`
	// MemoryMegabytes bounds the engine's memory.
	MemoryMegabytes int `mapstructure:"memory_megabytes"`
}

// AnalysisConfig is the window that is registered before the data are seen.
type AnalysisConfig struct {
	// BeforeDays is the length of the weekday baseline of pictures, alarms and companion questions.
	BeforeDays int `mapstructure:"before_days"`
	// BaselineDays is the length of the headline's baseline: 7 or another multiple of it.
	BaselineDays int `mapstructure:"baseline_days"`
	// AfterDays is the longest window in which an effect is measured; a shorter event has a shorter one.
	AfterDays int `mapstructure:"after_days"`
	// Rule is the registered threshold: standard, or strict (fewer false grades, less power).
	Rule string `mapstructure:"rule"`
	// Seed makes the bootstrap repeatable.
	Seed int64 `mapstructure:"seed"`
	// Holidays are CSV files with country and date: weeks with one are compared with each other only.
	Holidays []string `mapstructure:"holidays"`
}

// RetentionConfig says how long rows stay.
type RetentionConfig struct {
	// FlowsDays counts from the day of ingestion, not of the flow; below 28, servers that came up are counted in part or not at all.
	FlowsDays int `mapstructure:"flows_days"`
	// UsageDays counts from the day of ingestion, too; 0 keeps client-hours as long as the store. The counts made from them stay.
	UsageDays int `mapstructure:"usage_days"`
	// DNSDays is the same of the names that clients asked for.
	DNSDays int `mapstructure:"dns_days"`
}

// defaultConfig is what applies where nothing is said.
func defaultConfig() Config {
	return Config{
		LogLevel: "info",
		// In April 2018 officials recommended TamTam in place of Telegram.
		Substitutes: map[string]string{"telegram": "tamtam"},
		Privacy:     PrivacyConfig{RawClients: "pseudonymise", ReleaseMinClients: 20, ReleaseMinProsecuted: 50, ReleaseEpsilonDay: 1},
		Rules:       RulesConfig{PriorDecibans: -20},
		Ingest:      IngestConfig{BatchRecords: 131072, BlockRecords: 65536, BlockBytes: 48 << 20, FlushAfterSeconds: 5, FutureSeconds: 600},
		Embedded:    EmbeddedConfig{MemoryMegabytes: 2048},
		Analysis:    AnalysisConfig{BeforeDays: 28, BaselineDays: 7, AfterDays: 7, Rule: "standard", Seed: 1},
		Retention:   RetentionConfig{FlowsDays: 30, UsageDays: 90, DNSDays: 90},
		Watch:       WatchConfig{GraceMinutes: 10},
		SQL:         SQLConfig{StatementSeconds: 60, ResultRows: 1_000_000, MemoryMegabytes: 768, Statements: 4},
	}
}

// loadConfig decodes defaults, file, environment and flags (may be nil), in rising precedence.
// An unknown key is an error that names it.
func loadConfig(file string, flags *pflag.FlagSet) (Config, error) {
	v := viper.New()
	defaults := map[string]any{}
	if err := mapstructure.Decode(defaultConfig(), &defaults); err != nil {
		return Config{}, fmt.Errorf("defaults: %w", err)
	}
	if err := v.MergeConfigMap(defaults); err != nil {
		return Config{}, fmt.Errorf("defaults: %w", err)
	}
	v.SetEnvPrefix("BANSHIFT")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_", "-", "_"))
	v.AutomaticEnv()
	if file == "" {
		file = os.Getenv("BANSHIFT_CONFIG")
	}
	if file != "" {
		v.SetConfigFile(file)
		v.SetConfigType("yaml")
		if err := v.MergeInConfig(); err != nil {
			return Config{}, fmt.Errorf("configuration %s: %w", file, err)
		}
	}
	for key, flag := range map[string]string{"store": "store", "log_level": "log-level"} {
		if flags == nil {
			break
		}
		if f := flags.Lookup(flag); f != nil && f.Changed {
			if key == "store" && hasPassword(f.Value.String()) {
				return Config{}, errors.New("--store has a password in it, which others see in the list of processes: give it as BANSHIFT_STORE_PASSWORD")
			}
			v.Set(key, f.Value.String())
		}
	}
	var cfg Config
	err := v.Unmarshal(&cfg, func(d *mapstructure.DecoderConfig) {
		d.ErrorUnused = true
		d.DecodeHook = mapstructure.ComposeDecodeHookFunc(
			mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(","), dateToText)
	})
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %s", file, unreadable(err))
	}
	for variable, secret := range map[string]*string{"BANSHIFT_KAFKA_PASSWORD": &cfg.Kafka.Password, "BANSHIFT_SMTP_PASSWORD": &cfg.SMTP.Password, "BANSHIFT_SQL_PASSWORD": &cfg.SQL.Password} {
		if *secret == hiddenSecret { // of a printed configuration
			*secret = ""
		}
		if os.Getenv(variable+load.FileSuffix) == "" {
			continue
		}
		if *secret, err = load.PasswordOf(variable); err != nil {
			return Config{}, err
		}
	}
	if file != "" {
		cfg.resolve(filepath.Dir(file))
	}
	return cfg, cfg.check()
}

// hasPassword reports a password in the address of a store.
func hasPassword(address string) bool {
	_, rest, isURL := strings.Cut(address, "://")
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	return isURL && at > 0 && strings.Contains(authority[:at], ":")
}

// dateToText takes a date without quotes, which YAML reads as a time, for its text.
func dateToText(from, to reflect.Type, value any) (any, error) {
	at, isTime := value.(time.Time)
	if !isTime || to.Kind() != reflect.String {
		return value, nil
	}
	if at.Equal(at.Truncate(24 * time.Hour)) {
		return at.UTC().Format(time.DateOnly), nil
	}
	return at.UTC().Format(time.RFC3339), nil
}

// otherVariables are read elsewhere than in the configuration.
var otherVariables = []string{"BANSHIFT_CONFIG", "BANSHIFT_STORE_PASSWORD", "BANSHIFT_STORE_PASSWORD_FILE", "BANSHIFT_KAFKA_PASSWORD_FILE", "BANSHIFT_SMTP_PASSWORD_FILE", "BANSHIFT_SQL_PASSWORD_FILE", "BANSHIFT_ENGINE", "BANSHIFT_CACHE"}

const ourVariables = "BANSHIFT_"

// strayVariables lists variables that look like settings and are none: in a section of the configuration, or like a setting
// but for a letter in four. Others are of who builds and tests this program.
func strayVariables(environment []string) []string {
	known, sections := settingVariables(ourVariables, reflect.TypeFor[Config]())
	known = append(known, otherVariables...)
	var stray []string
	for _, pair := range environment {
		name, _, _ := strings.Cut(pair, "=")
		own, isOurs := strings.CutPrefix(name, ourVariables)
		inside := func(section string) bool { return strings.HasPrefix(name, section) }
		misspelt := func(setting string) bool { return edits(name, setting) <= len(own)/4 }
		if isOurs && !slices.Contains(known, name) && (slices.ContainsFunc(sections, inside) || slices.ContainsFunc(known, misspelt)) {
			stray = append(stray, name)
		}
	}
	slices.Sort(stray)
	return stray
}

// settingVariables names the variables of the settings in a struct, and what those in its sections begin with.
func settingVariables(prefix string, of reflect.Type) (settings, sections []string) {
	for i := range of.NumField() {
		field := of.Field(i)
		name := prefix + strings.ToUpper(field.Tag.Get("mapstructure"))
		if field.Type.Kind() != reflect.Struct {
			settings = append(settings, name)
			continue
		}
		inner, below := settingVariables(name+"_", field.Type)
		settings, sections = append(settings, inner...), append(append(sections, name+"_"), below...)
	}
	return settings, sections
}

// oneLine joins the lines of an error that lists several mistakes.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

var invalidKeys = regexp.MustCompile(`'([^']*)' has invalid keys: `)

// unreadable says what is wrong with a configuration in its own words, not in those of what decodes it.
func unreadable(err error) string {
	text := strings.TrimPrefix(oneLine(err), "decoding failed due to the following error(s): ")
	return invalidKeys.ReplaceAllStringFunc(text, func(found string) string {
		if of := invalidKeys.FindStringSubmatch(found)[1]; of != "" {
			return of + " has no setting "
		}
		return "there is no setting "
	})
}

// resolve makes relative paths start at the directory of the configuration file.
func (c *Config) resolve(base string) {
	paths := []*string{&c.HomeFile, &c.Privacy.KeyFile, &c.Privacy.ReleaseDirectory, &c.Rules.Pack, &c.ListsDirectory, &c.Events, &c.Watch.Proposals, &c.Topology.Relationships, &c.Kafka.CAFile, &c.Kafka.CertFile, &c.Kafka.KeyFile}
	for i := range c.Lists {
		paths = append(paths, &c.Lists[i].Path)
		if !strings.Contains(c.Lists[i].Source, "://") {
			paths = append(paths, &c.Lists[i].Source)
		}
	}
	for i := range c.Topology.Delegations {
		paths = append(paths, &c.Topology.Delegations[i])
	}
	for i := range c.Analysis.Holidays {
		paths = append(paths, &c.Analysis.Holidays[i])
	}
	for i := range c.Networks {
		paths = append(paths, &c.Networks[i].Path)
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(base, *path)
		}
	}
}

// check reports every setting that cannot work, by its key.
func (c Config) check() error {
	var errs []error
	if c.Privacy.RawClients != "pseudonymise" && c.Privacy.RawClients != "refuse" {
		errs = append(errs, fmt.Errorf("privacy.raw_clients %q: want pseudonymise or refuse", c.Privacy.RawClients))
	}
	for key, n := range map[string]int{
		"ingest.batch_records": c.Ingest.BatchRecords, "ingest.block_records": c.Ingest.BlockRecords, "ingest.block_bytes": c.Ingest.BlockBytes,
		"ingest.flush_after_seconds": c.Ingest.FlushAfterSeconds, "privacy.release_min_clients": c.Privacy.ReleaseMinClients, "privacy.release_min_clients_prosecuted": c.Privacy.ReleaseMinProsecuted,
		"embedded.memory_megabytes": c.Embedded.MemoryMegabytes, "retention.flows_days": c.Retention.FlowsDays,
		"analysis.before_days": c.Analysis.BeforeDays, "analysis.baseline_days": c.Analysis.BaselineDays, "analysis.after_days": c.Analysis.AfterDays,
		"sql.statement_seconds": c.SQL.StatementSeconds, "sql.result_rows": c.SQL.ResultRows, "sql.memory_megabytes": c.SQL.MemoryMegabytes, "sql.statements": c.SQL.Statements,
	} {
		if n <= 0 {
			errs = append(errs, fmt.Errorf("%s is %d: want a positive number", key, n))
		}
	}
	if _, err := c.Privacy.epsilonDay(); err != nil {
		errs = append(errs, err)
	}
	for key, n := range map[string]int{"retention.usage_days": c.Retention.UsageDays, "retention.dns_days": c.Retention.DNSDays} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("%s is %d: want a number of days, or 0 to keep all", key, n))
		}
	}
	if n := len(c.SQL.Password); n > 0 && n < sqldoor.MinPassword {
		errs = append(errs, fmt.Errorf("sql.password has %d characters: want at least %d", n, sqldoor.MinPassword))
	}
	if c.Watch.GraceMinutes < 0 {
		errs = append(errs, fmt.Errorf("watch.grace_minutes is %d: want a number of minutes", c.Watch.GraceMinutes))
	}
	if _, err := c.subscriptions(); err != nil {
		errs = append(errs, err)
	}
	if c.Metrics.Listen != "" && !monitor.Local(c.Metrics.Listen) {
		errs = append(errs, fmt.Errorf("metrics.listen %q: want an address of this machine with a port, as 127.0.0.1:9464, or unix:PATH: others reach it through a proxy that asks who they are", c.Metrics.Listen))
	}
	return errors.Join(errs...)
}
