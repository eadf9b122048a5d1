package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// What can be wrong with a store. Errors of this package wrap one of these where
// it applies, and say in their text what to do.
var (
	ErrPassword    = errors.New("wrong user or password")
	ErrUnreachable = errors.New("store is not reachable")
	ErrVersion     = errors.New("ClickHouse is too old")
	ErrDiskFull    = errors.New("disk is full")
	ErrReadOnly    = errors.New("disk is mounted read-only")
	ErrNoTable     = errors.New("table is missing")
	ErrNoDatabase  = errors.New("database is missing")
	ErrForbidden   = errors.New("not allowed")
	// ErrHalfRestored: a restore into the store has not ended.
	ErrHalfRestored = errors.New("a restore into this store was not finished")
)

// Codes of ClickHouse's exceptions.
const (
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
	codeReadonly        = 164
	codeSameID          = 216 // a statement of that id runs already
	codeNotEnoughSpace  = 243
	codeAccessDenied    = 497
	codeAuthentication  = 516
	codeUserUnknown     = 192
	codeWrongPassword   = 193
	codeIPNotAllowed    = 195
)

// transientCodes pass by themselves: timeouts, too many queries or parts, memory,
// a replica or its keeper away, a server that is stopping.
var transientCodes = map[int]bool{
	// 216: the first try of the same insert still runs.
	159: true, 160: true, 202: true, 216: true, 203: true, 209: true, 210: true, 225: true, 236: true,
	241: true, 242: true, 252: true, 254: true, 279: true, 285: true, 319: true, 394: true,
	425: true, 439: true, 999: true,
}

// serverError is an exception that the server answered with.
type serverError struct {
	code    int
	message string
}

func (e *serverError) Error() string { return e.message }

// codeOf gives the code of a server's exception, 0 where err is none.
func codeOf(err error) int {
	var native *clickhouse.Exception
	if errors.As(err, &native) {
		return int(native.Code)
	}
	var http *serverError
	if errors.As(err, &http) {
		return http.code
	}
	// The client hands an exception over HTTP on as text.
	if err == nil {
		return 0
	}
	if m := exceptionText.FindStringSubmatch(err.Error()); m != nil {
		code, _ := strconv.Atoi(m[1])
		return code
	}
	return 0
}

var exceptionText = regexp.MustCompile(`Code: (\d+)\. DB::Exception`)

// explain turns err into one line that says what, where and what to do.
func explain(where string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if isUnwritable(err) {
		return err // it was explained where it was found
	}
	message := oneLine(err)
	remedy, full := diskFault(err)
	switch code := codeOf(err); {
	case code == codeAuthentication || code == codeUserUnknown || code == codeWrongPassword || code == codeIPNotAllowed:
		return fmt.Errorf("%s: %w: check the user in --store and the password in %s", where, ErrPassword, EnvPassword)
	case full != nil:
		return fmt.Errorf("%s: %w: %s, and run the same command again if it has ended: nothing is stored twice: %s", where, full, remedy, message)
	case code == codeUnknownDatabase:
		return fmt.Errorf("%s: %w, and this user may not make it: have an administrator do CREATE DATABASE and grant this user its rights there (docs/howto/clickhouse-server.md): %s",
			where, ErrNoDatabase, message)
	case code == codeUnknownTable:
		return fmt.Errorf("%s: %w: run `banshift migrate`: %s", where, ErrNoTable, message)
	case isForbidden(err):
		return fmt.Errorf("%s: %w: %s", where, ErrForbidden, message)
	case code == 0 && isNetwork(err) && !isServer(strings.TrimPrefix(where, "store ")):
		return fmt.Errorf("%s: %w: its engine has ended and did not come back; run the same command again: what was not finished is finished then: %s", where, ErrUnreachable, message)
	case code == 0 && isNetwork(err):
		return fmt.Errorf("%s: %w: check the address, and that the server runs: %s", where, ErrUnreachable, message)
	}
	return fmt.Errorf("%s: %w", where, &shortError{message, err})
}

// shortError keeps the chain of err under a text of one line.
type shortError struct {
	text string
	err  error
}

func (e *shortError) Error() string { return e.text }
func (e *shortError) Unwrap() error { return e.err }

// oneLine cuts a server's message to one line without its stack and version.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if i := strings.Index(text, " (version "); i > 0 {
		text = text[:i]
	}
	const longest = 400
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return text
}

// diskFault recognises a disk that takes no more in the server's words, and in our own system calls': what to do, and what
// is wrong with it; nil: nothing is.
func diskFault(err error) (remedy string, fault error) {
	is := func(errno syscall.Errno, words string) bool {
		return errors.Is(err, errno) || strings.Contains(err.Error(), words)
	}
	switch {
	case codeOf(err) == codeNotEnoughSpace || is(syscall.ENOSPC, "No space left on device"):
		return "make room there", ErrDiskFull
	case is(syscall.EDQUOT, "Disk quota exceeded"):
		return "its quota is used up: make room there, or raise it", ErrDiskFull
	case is(syscall.EROFS, "Read-only file system"):
		return "look in the system's log for why, and mount it for writing", ErrReadOnly
	}
	return "", nil
}

// isUnwritable reports whether err tells of a disk that takes no more.
func isUnwritable(err error) bool { return errors.Is(err, ErrDiskFull) || errors.Is(err, ErrReadOnly) }

func isForbidden(err error) bool {
	code := codeOf(err)
	return code == codeReadonly || code == codeAccessDenied
}

func isNetwork(err error) bool {
	var path *fs.PathError
	if errors.As(err, &path) { // a system call's error answers as one of the network does
		return false
	}
	var netErr net.Error
	var opErr *net.OpError
	return errors.As(err, &opErr) || errors.As(err, &netErr) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// IsAway reports whether a store did not answer, or could not do now what it was asked: trying again can help.
func IsAway(err error) bool {
	return err != nil && (errors.Is(err, ErrUnreachable) || isTransient(err))
}

// isTransient reports whether trying again can help.
func isTransient(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var broken *brokenAnswer
	if _, fault := diskFault(err); fault != nil || errors.As(err, &broken) {
		return false
	}
	if code := codeOf(err); code != 0 {
		return transientCodes[code]
	}
	return isNetwork(err)
}
