package main

import (
	"fmt"
	"io"
)

// verdictExplained prints each verdict with the rules that fired.
func (s *stages) verdictExplained(out io.Writer, rows []verdictRow) error {
	for i := range rows {
		if err := verdictTable(out, rows[i:i+1]); err != nil {
			return err
		}
		for _, e := range rows[i].Evidence {
			fmt.Fprintf(out, "      %-16s %+5.1f dB  %s\n", e.Family, e.DB, e.Rule)
		}
	}
	return nil
}
