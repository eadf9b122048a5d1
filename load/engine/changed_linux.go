package engine

import (
	"fmt"
	"syscall"
)

// changed is when a file's content or owner was changed last.
func changed(s *syscall.Stat_t) string { return fmt.Sprintf("%d.%09d", s.Ctim.Sec, s.Ctim.Nsec) }
