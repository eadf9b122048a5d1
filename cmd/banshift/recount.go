package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newRecountCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "recount",
		Short: "Count the clients of every day again from what is stored",
		Long: `recount makes the finished counts of all days again from the client-hours in table usage.
What is shown is read from these counts. They are kept up to date by whoever stores
telemetry or asks a question, so that recount changes nothing where nothing was wrong; it
is for a store in which usage was changed by hand. Days whose usage retention.usage_days
took keep their counts.`,
		Example: `  banshift recount --store ./store`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := a.openStore(cmd.Context())
			if err != nil {
				return err
			}
			counted, err := store.Recount(cmd.Context())
			if err := errors.Join(err, store.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.errOut, "counted %s days of countries\n", count(int64(counted.Days)))
			return err
		},
	}
}
