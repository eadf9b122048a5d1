// Command newcomers measures which servers count as having come up (load.ComesUp) on worlds whose truth is known:
// the rate of false ones where nothing happened, and how much of an unknown tool is found that grows after a ban.
// `make newcomers` writes the tables of docs/newcomers.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/banshift/banshift/load/engine"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	runs := flag.Int("runs", 16, "worlds in which nothing happens to one country alone; half as many have a tool")
	out := flag.String("out", "", "Markdown file to write")
	only := flag.Int("one-peer", 0, "measure what one-peer use adds and nothing else, on so many pairs of worlds")
	flag.Parse()
	if *only > 0 {
		var b strings.Builder
		if err := peers(context.Background(), &b, *only); err != nil {
			log.Fatal(err)
		}
		fmt.Print(b.String())
		return
	}
	text, err := report(context.Background(), *runs)
	if err != nil {
		log.Fatal(err)
	}
	if *out == "" {
		fmt.Print(text)
		return
	}
	if err := os.WriteFile(*out, []byte(text), 0o666); err != nil {
		log.Fatal(err)
	}
}
