package engine

import "syscall"

// childAttributes puts the child into its own process group, so that Ctrl-C at the
// terminal reaches only us, and has the kernel kill it should we die.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
