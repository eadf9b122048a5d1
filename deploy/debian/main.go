// Command debian writes a Debian package of what was staged, by nfpm.yaml. It is a module of its own: nfpm links much.
//
//	debian OUT
//
// The environment has VERSION, ARCH (Go's), STAGED (the directory that ./build fills) and SOURCE_DATE_EPOCH.
package main

import (
	"fmt"
	"os"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "debian:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	config, err := nfpm.ParseFileWithEnvMapping("nfpm.yaml", os.Getenv)
	if err != nil {
		return err
	}
	if err := nfpm.PrepareForPackager(&config.Info, "deb"); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := deb.Default.Package(nfpm.WithDefaults(&config.Info), out); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
