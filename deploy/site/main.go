// Command site makes static pages of README.md and docs/, and follows every link of what it made. The pages need no script
// and no network, and can be read from a directory.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	root := flag.String("root", "../..", "the repository")
	out := flag.String("out", "../../out/site", "directory that is made; an earlier one is replaced")
	flag.Parse()
	if err := build(*root, *out); err != nil {
		log.Fatal(err)
	}
}

// build writes the site and checks it.
func build(root, out string) error {
	site, err := read(root)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("remove the site of before: %w", err)
	}
	if err := site.write(out); err != nil {
		return err
	}
	found, err := check(out)
	if err != nil {
		return err
	}
	for _, wrong := range found.wrong {
		log.Print(wrong)
	}
	if len(found.wrong) > 0 {
		return errors.New("the site has broken links")
	}
	fmt.Printf("%s: %d pages, %d links (%d to elsewhere), %d pictures and styles\n", out, found.pages, found.links, found.elsewhere, found.loaded)
	return nil
}
