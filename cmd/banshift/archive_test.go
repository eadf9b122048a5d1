package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
)

// pageWithin is how long it may take from an archive to a page with data of a topic.
const pageWithin = 2 * time.Minute

// TestFromArchive unpacks the archive that BANSHIFT_ARCHIVE names (make check-archive) into an empty home, and has one command
// read a topic, and serve its page: what is written into the topic is on the page within two minutes. The engine is the one
// of BANSHIFT_CACHE: what fetching it takes is the network's.
func TestFromArchive(t *testing.T) {
	archive := os.Getenv("BANSHIFT_ARCHIVE")
	if archive == "" {
		t.Skip("BANSHIFT_ARCHIVE names no archive: make check-archive")
	}
	needEngine(t)
	broker := brokertest.Start(t)
	makeTopic(t, broker.Addr, "flows", "8")
	home := t.TempDir()
	began := time.Now()
	if out, err := exec.Command("tar", "xzf", archive, "-C", home, "--strip-components=1").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	put := putInto(t, home)
	put("networks.csv", "prefix,asn,country\n100.64.0.0/10,64500,ru\n")
	put("banshift.yaml", "home: [100.64.0.0/10]\nnetworks: [{path: networks.csv}]\n")
	log := &logBuffer{}
	process := exec.Command(filepath.Join(home, "banshift"), "serve", "--config", "banshift.yaml", "--store", "store", "--listen", "127.0.0.1:0",
		"--run", "kafka://"+broker.Addr+"/flows?format=goflow2-json&group=banshift")
	process.Dir, process.Stdout, process.Stderr = home, log, log
	process.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "BANSHIFT_CACHE=" + os.Getenv("BANSHIFT_CACHE")}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Signal(os.Interrupt)
		if err := process.Wait(); err != nil || t.Failed() {
			t.Errorf("%v\n%s", err, log.String())
		}
	})
	execute(t, "", "simulate", "--scenario", "uniform", "--records", "5000", "--out", broker.URI("flows", "")).must(t)
	fetch := pageAt(t, log)
	wait(t.Context(), t, "something on the page", func() bool {
		return strings.Contains(string(fetch("/api/daily?country=ru")), `"clients"`) || time.Since(began) > 2*pageWithin
	})
	if took := time.Since(began); took > pageWithin {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("on the page after %s", took.Round(time.Second))
	}
}
