package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers /metrics, /healthz (the program is alive) and /readyz (no stage is stuck; else
// 503 and a line for each that is, with why). Anything else is not found.
func Handler(b *Board, r *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		troubles := b.Troubles()
		if len(troubles) == 0 {
			fmt.Fprintln(w, "ready")
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		for _, t := range troubles {
			fmt.Fprintf(w, "%s: %s\n", t.Stage, t.Why)
		}
	})
	return onlyLocalNames(mux)
}

// onlyLocalNames refuses requests that name another host: a page of a web site could send them by a name
// of its own that leads to this machine.
func onlyLocalNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && host != "unix" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this answers under the address of this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unixScheme begins the address of a socket in the file system.
const unixScheme = "unix:"

// Local reports whether an address is of this machine only: a loopback address with a port, or
// unix:PATH.
func Local(address string) bool {
	if path, isUnix := strings.CutPrefix(address, unixScheme); isUnix {
		return path != ""
	}
	host, port, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && port != "" && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Listen listens on an address of this machine. A socket is readable by its owner and group only.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	if !Local(address) {
		return nil, fmt.Errorf("metrics.listen %q: want a loopback address with a port, as 127.0.0.1:9464, or unix:PATH", address)
	}
	path, isUnix := strings.CutPrefix(address, unixScheme)
	if !isUnix {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			err = errors.New("another program answers there; each needs an address of its own")
		}
		if err != nil {
			return nil, fmt.Errorf("metrics.listen %s: %w", address, err)
		}
		return l, nil
	}
	// What a program left that was killed is taken over; another one that answers is not.
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("metrics.listen %s: another program answers there; each needs an address of its own", address)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSocket {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("metrics.listen: %w", err)
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o660)
}

// Serve answers on a listener until ctx is done.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// longestAnswer bounds what is read of an answer.
const longestAnswer = 4 << 20

// Ask asks a running program at an address for one of the paths that [Handler] answers.
func Ask(ctx context.Context, address, path string) (status int, body []byte, err error) {
	client := &http.Client{Timeout: 10 * time.Second}
	base := "http://" + address
	if socket, isUnix := strings.CutPrefix(address, unixScheme); isUnix {
		base = "http://unix"
		client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	return answer.StatusCode, body, err
}
