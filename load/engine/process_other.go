//go:build !linux

package engine

import "syscall"

// childAttributes puts the child into its own process group, so that Ctrl-C at the
// terminal reaches only us. Should we die, the end of the lifeline stops the child.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
