package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestServeStaysOnThisMachine(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:8080", ":8080", "192.0.2.1:80", "example.org:80"} {
		var errOut bytes.Buffer
		code := run(context.Background(), []string{"serve", "--store", t.TempDir(), "--listen", listen}, nil, io.Discard, &errOut)
		if code != exitMisused || !strings.Contains(errOut.String(), "not a loopback address") {
			t.Errorf("%s: exit code %d, %q", listen, code, errOut.String())
		}
		errOut.Reset()
		code = run(context.Background(), []string{"serve", "--store", t.TempDir(), "--public", "--sql", listen}, nil, io.Discard, &errOut)
		if code != exitMisused || !strings.Contains(errOut.String(), "--sql-remote") {
			t.Errorf("SQL at %s: exit code %d, %q", listen, code, errOut.String())
		}
	}
}

func TestServeEndsWhenInterrupted(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	begun := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- serveUntilDone(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-ctx.Done() // the answer is under way when the interrupt comes
			io.WriteString(w, "whole")
		}))
	}()
	answered := make(chan string, 1)
	go func() {
		answer, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			answered <- err.Error()
			return
		}
		answered <- string(body)
	}()
	<-begun
	interrupt()
	if got := <-answered; got != "whole" {
		t.Errorf("the answer under way was %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + listener.Addr().String()); err == nil {
		t.Error("it still answers")
	}
}
