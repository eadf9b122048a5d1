//go:build !linux

package engine

import (
	"fmt"
	"os"
	"syscall"
)

// runConfined becomes the program argv[0], with a warning: this system has no Landlock.
func runConfined(_ string, argv, _ []string) error {
	fmt.Fprintf(os.Stderr, "%sthis system has no Landlock\n", unconfined)
	return syscall.Exec(argv[0], argv, os.Environ())
}
