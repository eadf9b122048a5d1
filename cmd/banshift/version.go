package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the build (-ldflags -X main.version=…).
var version = ""

// programVersion is the version set by the build, or the commit that Go recorded.
func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the program and of the built-in rule pack",
		Example: `  banshift version`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			pack, err := loadPack(a.cfg.Rules)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "banshift %s\nrules    %s\ngo       %s %s/%s\n",
				programVersion(), pack.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
