package main

import (
	"fmt"
	"io"
)

// verdictExplained prints each verdict with the argument for it.
func (s *stages) verdictExplained(out io.Writer, rows []verdictRow) error {
	for i := range rows {
		if err := verdictTable(out, rows[i:i+1]); err != nil {
			return err
		}
		why, err := s.verdicts.Explain(rows[i].record, rows[i].row)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n", why); err != nil {
			return err
		}
	}
	return nil
}
