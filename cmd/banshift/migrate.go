package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newMigrateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the store's tables up to date and list the migrations",
		Long: `migrate applies the migrations that the store lacks, in order, and lists all with their
checksums. Every command that opens the store does the same first; migrate is for a user
who may create tables, before others who may not. A migration is never changed once it
has been applied: a different checksum is an error.`,
		Example: `  banshift migrate --store ./store
  BANSHIFT_STORE_PASSWORD=… banshift migrate \
    --store 'clickhouse://admin@db:9440/banshift?secure=true'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.migrate(cmd) },
	}
}

func (a *app) migrate(cmd *cobra.Command) error {
	store, err := a.createStore(cmd.Context())
	if err != nil {
		return err
	}
	applied, err := store.Migrate(cmd.Context())
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	s := sheet{heads: []string{"MIGRATION", "CHECKSUM", "APPLIED"}, whole: []string{"MIGRATION"}}
	for _, m := range applied {
		s.add(m.Name, fmt.Sprintf("%.12s", m.Checksum), m.At.UTC().Format("2006-01-02 15:04:05"))
	}
	return a.print(s)
}
