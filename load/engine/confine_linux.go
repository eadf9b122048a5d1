package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights of Landlock's first version (Linux 5.13), which later ones keep.
const (
	mayRead  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_EXECUTE
	mayWrite = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	onFile = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE
	// Across directories a rename needs this one, of the second version (Linux 5.19).
	mayRefer = unix.LANDLOCK_ACCESS_FS_REFER
)

// systemPaths are what a program needs of a machine: libraries, time zones, names of
// hosts, figures of the kernel. /proc shows a confined process the memory and the
// environment of no other.
var systemPaths = []string{"/usr", "/lib", "/lib64", "/proc", "/sys", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone",
	"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/passwd"}

// confine lets this thread, and the program that it becomes, open files below write,
// read those of read and of the system, and nothing else. It fails where the kernel
// has no Landlock of the second version or later.
func confine(write, read []string) error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return fmt.Errorf("no Landlock in this kernel: %w", errno)
	}
	if version < 2 {
		return fmt.Errorf("the kernel's Landlock is of version %d, want 2 or later", version)
	}
	runtime.LockOSThread()
	attributes := unix.LandlockRulesetAttr{Handled_access_fs: mayRead | mayWrite | mayRefer}
	// Only the first field: later versions of the structure are longer.
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attributes)), unsafe.Sizeof(attributes.Handled_access_fs), 0)
	if errno != 0 {
		return fmt.Errorf("landlock rules: %w", errno)
	}
	defer unix.Close(int(fd))
	for _, path := range append(read, systemPaths...) {
		if err := allow(int(fd), path, mayRead); err != nil {
			return err
		}
	}
	for _, path := range append(write, "/dev/null", "/dev/urandom", "/dev/random") {
		if err := allow(int(fd), path, mayRead|mayWrite|mayRefer); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	return nil
}

// allow adds a rule; a path that this machine does not have needs none.
func allow(ruleset int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("landlock rule for %s: %w", path, err)
	}
	defer unix.Close(fd)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("landlock rule for %s: %w", path, err)
	}
	if !info.IsDir() {
		access &= onFile
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("landlock rule for %s: %w", path, errno)
	}
	return nil
}

// runConfined becomes the program argv[0] in reach of the store's engine alone:
// root/engine and root/log, its configuration, and the program. A confinement holds for
// one thread; a new program has only that one.
func runConfined(root string, argv, programs []string) error {
	l := layoutOf(root)
	var read []string
	for _, p := range programs {
		real, err := filepath.EvalSymlinks(p)
		if err != nil {
			return err
		}
		read = append(read, real)
	}
	if err := confine([]string{l.data, l.logs}, append(read, l.config(), l.users())); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", unconfined, err)
	}
	return syscall.Exec(argv[0], argv, os.Environ())
}
