package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is what every subcommand is given: streams, logger and decoded configuration.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	log         *slog.Logger
	cfg         Config
	configFile  string
	reread      func() (Config, error) // reads the configuration again
	wide        bool                   // tables may take any width
	watched     *watched               // nil: nobody asks this program how it does
	awaitsRoom  bool                   // a run that follows: it waits for room on the disk of its store
}

// newRootCommand assembles the command line.
func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:     "banshift",
		Version: programVersion(),
		Short:   "Measure how people route around the ban of a service",
		Long: `banshift reads anonymised flow and DNS telemetry, recognises VPN, proxy and
circumvention traffic, keeps the counts in ClickHouse, and says how large each spike
in VPN use was, how sure that is, and which ban it goes with.`,
		Example: `  banshift demo
  banshift run --store ./store --config banshift.yaml ./telemetry
  banshift run --follow --store clickhouse://default@db:9000/banshift \
    'kafka://broker:9092/flows?format=goflow2-json'
  banshift query use_by_tool_day --param country=ru
  banshift report ru-telegram-2018-enforcement --out report.html`,
		SilenceUsage:       true,
		SilenceErrors:      true,
		DisableSuggestions: true,
		PersistentPreRunE:  func(cmd *cobra.Command, _ []string) error { return a.configure(cmd) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misused(fmt.Errorf("%w; see '%s --help'", hintedFlag(err, cmd), cmd.CommandPath()))
	})
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", helpWidth)))
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "configuration file (YAML); also by environment BANSHIFT_CONFIG")
	flags.String("store", "", "store: a directory (embedded engine) or clickhouse://user@host:9000/db")
	flags.BoolVar(&a.wide, "wide", false, "let tables be as wide as they are, with all columns and digits (default: the terminal's width, COLUMNS, or 80)")
	flags.String("log-level", "info", "debug, info, warn or error")
	for _, add := range commands {
		root.AddCommand(add(a))
	}
	markMisuse(root)
	return root
}

// helpWidth is how many columns the flags of a help take.
const helpWidth = 98

// hintedFlag adds to an error about a flag that is not there which one may have been meant.
func hintedFlag(err error, cmd *cobra.Command) error {
	_, word, ok := strings.Cut(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return hinted(err, "--"+word, names)
}

// commands lists the subcommands, in the order of the documentation.
var commands = []func(*app) *cobra.Command{
	newDemoCommand, newRunCommand, newClassifyCommand, newEvaluateCommand, newQueryCommand, newSQLCommand, newExportCommand, newReleaseCommand, newSimulateCommand,
	newAnalyzeCommand, newSpikesCommand, newWatchCommand, newStudyCommand, newCalibrateCommand, newReportCommand, newServeCommand, newEventsCommand, newListsCommand, newRulesCommand, newBlocklistCommand, newSeriesCommand, newConfigCommand,
	newReconcileCommand, newRepairCommand, newRecountCommand, newMigrateCommand, newBackupCommand, newRestoreCommand, newForgetCommand, newKeysCommand, newPrivacyCommand, newDoctorCommand, newVersionCommand, newReferenceCommand,
}

// group has a command that only gathers others say what it knows, and refuse what it does not.
func group(cmd *cobra.Command) {
	cmd.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	cmd.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return hinted(fmt.Errorf("%q is no command of %s", args[0], c.CommandPath()), args[0], commandNames(c))
	}
	if cmd.Example != "" {
		return
	}
	var lines []string
	for _, sub := range cmd.Commands() {
		line, _, _ := strings.Cut(sub.Example, "\n")
		if line != "" && !strings.HasSuffix(line, `\`) {
			lines = append(lines, line)
		}
	}
	cmd.Example = strings.Join(lines, "\n")
}

// markMisuse gives wrong arguments of any command exit code 2.
func markMisuse(cmd *cobra.Command) {
	if cmd.HasSubCommands() && !cmd.Runnable() && cmd.HasParent() {
		group(cmd)
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return misused(fmt.Errorf("%w; see '%s --help'", err, c.CommandPath()))
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		markMisuse(sub)
	}
}

// configure decodes flags, environment and file into a.cfg, once, and opens the log.
func (a *app) configure(cmd *cobra.Command) error {
	cfg, err := loadConfig(a.configFile, cmd.Flags())
	if err != nil {
		return misused(err)
	}
	a.cfg, a.reread = cfg, func() (Config, error) { return loadConfig(a.configFile, cmd.Flags()) }
	stray := strayVariables(os.Environ())
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(cfg.LogLevel))); err != nil {
		return misused(fmt.Errorf("log_level %q: want debug, info, warn or error", cfg.LogLevel))
	}
	options := &slog.HandlerOptions{Level: level}
	if isTerminal(a.errOut) {
		a.log = slog.New(slog.NewTextHandler(a.errOut, options))
	} else {
		options.ReplaceAttr = hideAddresses
		a.log = slog.New(slog.NewJSONHandler(a.errOut, options))
	}
	for _, name := range stray {
		a.log.Warn("no setting is named so: the variable does nothing", "variable", name)
	}
	return nil
}

// isTerminal reports whether w is a terminal that a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
