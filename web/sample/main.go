// Command sample shows page and report on invented numbers, to work on how they look:
//
//	go run ./web/sample > report.html
//	go run ./web/sample -serve 127.0.0.1:8321 -scene world
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/web/report"
	"github.com/banshift/banshift/web/report/sample"
	"github.com/banshift/banshift/web/serve"
	pagesample "github.com/banshift/banshift/web/serve/sample"
)

func main() {
	address := flag.String("serve", "", "serve the page at this loopback address; empty: write the report to standard output")
	scene := flag.String("scene", "", "one of the sample's stores by name, as world; empty: the usual one")
	flag.Parse()
	if err := show(*address, *scene); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func show(address, scene string) error {
	if address == "" {
		return report.Render(os.Stdout, sample.Report(1), "")
	}
	store, known := pagesample.Scenes()[scene]
	if !known {
		return fmt.Errorf("no store %q in the sample", scene)
	}
	handler, err := serve.New(serve.Options{
		Store: store, Events: store.Catalogue(), Version: "sample", Log: slog.Default(), Hours: store.UseByHour,
		Overview: func(ctx context.Context) (account.Overview, error) {
			return study.Overview(ctx, store, study.Options{Config: spike.DefaultConfig(), Catalogue: store.Catalogue()})
		},
		Report: func(context.Context, events.Event) (account.Report, error) { return sample.Report(1), nil },
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return fmt.Errorf("%s is no loopback address", address)
	}
	fmt.Fprintf(os.Stderr, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
