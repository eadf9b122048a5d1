// Command privacycost measures what protecting counts costs a study: the effect of a ban estimated from
// released counts against the one from exact counts, over epsilon, the smallest count and the size of the
// country. `make privacy-cost` writes docs/privacy-cost.md with it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the panels and of the noise")
	runs := flag.Int("runs", 10, "panels a size of country")
	out := flag.String("out", "", "Markdown file to write")
	flag.Parse()
	rows, err := measure(sizes, *runs, *seed)
	if err != nil {
		log.Fatal(err)
	}
	text := markdown(rows, *runs, *seed)
	if *out == "" {
		fmt.Print(text)
		return
	}
	if err := os.WriteFile(*out, []byte(text), 0o666); err != nil {
		log.Fatal(err)
	}
}
