package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/load"
)

func newBackupCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "Write all that the store holds into a directory, while it is used",
		Long: `backup writes every table of the store into DIR, which is made or empty: telemetry, finished
counts, the ledger, alarms, lists and series, what was forgotten and which keys were in
force. Programs may read and write the store meanwhile: what they were writing is finished
by the first run after a restore. Each file has its checksum in DIR/SHA256SUMS, which is
written last; files are their owner's alone.

Not in a backup are the key that pseudonyms are made with (the store does not have it: keep
privacy.key_file elsewhere), the configuration, and the files of lists, budgets and events.
A backup holds what the store holds, pseudonyms too, and retention does not reach it: delete
old ones.`,
		Example: `  banshift backup --store ./store backups/2026-11-28
  BANSHIFT_STORE_PASSWORD=… banshift backup \
    --store 'clickhouse://banshift@db:9440/banshift?secure=true' /backups/monday`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.backup(cmd, args[0]) },
	}
}

func (a *app) backup(cmd *cobra.Command, dir string) error {
	if err := a.outsideEngine(dir); err != nil {
		return err
	}
	store, err := a.openStore(cmd.Context())
	if err != nil {
		return err
	}
	b, err := store.Backup(cmd.Context(), dir, watchSteps(a.errOut, "parts of tables"))
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	tables, files, size := b.Sizes()
	fmt.Fprintf(a.out, "%s: %d tables in %d files, %s bytes, %s\n", dir, tables, files, count(size), b.Ended.Sub(b.Began))
	return nil
}

// outsideEngine fails where dir lies in what the embedded store calls its own: who removes the store would remove it.
func (a *app) outsideEngine(dir string) error {
	if !isDirectory(a.cfg.Store) {
		return nil
	}
	store, err := filepath.Abs(a.cfg.Store)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if path == store || strings.HasPrefix(path, store+string(filepath.Separator)) {
		return misused(fmt.Errorf("%s lies in the store: who loses the store would lose the backup", dir))
	}
	return nil
}

func newRestoreCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a backup into a store that holds nothing yet",
		Long: `restore compares every file of the backup in DIR with its checksum, puts the rows into the
store, which must hold none, and brings its tables up to date. A backup of an older version is
taken; one of a newer version is not. Then run the same sources again: ranges that were
being written when the backup was made are finished, and reading goes on behind what the
ledger has. It needs the key under which the backup's telemetry was read.

Interrupted, it leaves a store that no program opens: remove it and restore again.`,
		Example: `  banshift restore --store ./store backups/2026-11-28
  banshift run --follow --store ./store 'kafka://broker:9092/flows?format=goflow2-json'
  banshift reconcile --store ./store`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restore(cmd, args[0]) },
	}
}

func (a *app) restore(cmd *cobra.Command, dir string) error {
	if a.cfg.Store == "" {
		return misused(errNoStore)
	}
	var told func(done, of int64)
	if steps := watchSteps(a.errOut, "bytes compared"); steps != nil {
		told = func(done, of int64) { steps(int(done), int(of)) }
	}
	b, err := load.ReadBackup(dir, told)
	if err != nil {
		return err
	}
	restored, err := load.Restore(cmd.Context(), a.cfg.Store, dir, b, a.storeOptions(), watchSteps(a.errOut, "parts of tables"))
	if err != nil {
		return err
	}
	tables, files, size := b.Sizes()
	fmt.Fprintf(a.out, "%s: %d tables from %d files, %s bytes, as of %s\n", a.cfg.Store, tables, files, count(size), b.Ended.Format("2006-01-02 15:04:05"))
	waiting := 0
	for _, r := range restored.Repairs {
		if r.Outcome == load.RepairNextRun {
			waiting++
		}
	}
	if waiting > 0 {
		fmt.Fprintf(a.out, "%d ranges were being written when the backup was made: run their sources again, which finishes them\n", waiting)
	}
	return nil
}
