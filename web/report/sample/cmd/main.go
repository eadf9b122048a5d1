// Command cmd writes the sample report to standard output.
package main

import (
	"fmt"
	"os"

	"github.com/banshift/banshift/web/report"
	"github.com/banshift/banshift/web/report/sample"
)

func main() {
	if err := report.Render(os.Stdout, sample.Report(1), ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
