package main

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/banshift/banshift/ingest/pipeline"
)

// notify tells the service manager that started this program that it is ready, that it lives, and that it stops,
// as sd_notify(3) does. Where there is none it does nothing. The function that it gives ends that.
func (a *app) notify(ctx context.Context, w *watched) (stop func()) {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return func() {}
	}
	manager, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		a.log.Warn("the service manager is not told how this program does", "error", err)
		return func() {}
	}
	tell := func(state string) {
		if _, err := manager.Write([]byte(state)); err != nil {
			a.log.Debug("service manager", "error", err)
		}
	}
	tell("READY=1")
	living, end := context.WithCancel(context.WithoutCancel(ctx))
	stopping := context.AfterFunc(ctx, func() { tell("STOPPING=1") })
	if pause := watchdogPause(); pause > 0 {
		go every(living, pause, func() {
			if w.sound() {
				tell("WATCHDOG=1")
			}
		})
	}
	return func() {
		stopping()
		end()
		manager.Close()
	}
}

// watchdogPause is how often the service manager wants to hear of this program, halved; 0: never.
func watchdogPause() time.Duration {
	micros, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || micros <= 0 {
		return 0
	}
	return time.Duration(micros) * time.Microsecond / 2
}

// sound reports whether no stage is stuck that a new start would free: that the store or a broker is away
// is no reason for one.
func (w *watched) sound() bool {
	own := []string{pipeline.StageTransform, pipeline.StageDecode, pipeline.StageLook}
	for _, t := range w.board.Troubles() {
		if slices.Contains(own, t.Stage) {
			return false
		}
	}
	return true
}
