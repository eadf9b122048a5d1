package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/banshift/banshift/ingest/record"
)

// columnar is what testdata/columnar.py says of a file.
type columnar struct {
	Path                                           string
	Rows, Start, End, Ports, Packets, Names, Sizes int64
	Up, Down                                       uint64
	Client                                         string
	Countries                                      map[string]int
	Servers                                        int64
	clients                                        big.Int
	rejects                                        map[string]int
}

func (c *columnar) Flow(f *record.Flow, _ int64) {
	c.Rows++
	c.Start += f.Start
	c.End += f.End
	c.clients.Add(&c.clients, new(big.Int).SetUint64(f.Canonical.Client))
	c.Ports += int64(f.SrcPort) + int64(f.DstPort)
	c.Up += f.SrcBytes
	c.Down += f.DstBytes
	c.Packets += int64(f.SrcPackets + f.DstPackets)
	if country := string(f.Canonical.Country); country != "" {
		c.Countries[country]++
	}
	c.Names += int64(len(f.SNI))
	for _, s := range f.FirstSizes {
		c.Sizes += int64(s)
	}
	server := f.Dst.As16()
	c.Servers += int64(server[15])
}

func (c *columnar) DNS(*record.DNS, int64)                  {}
func (c *columnar) Reject(reason string, _ []byte, _ int64) { c.rejects[reason]++ }
func (c *columnar) Skip(reason string, _ int64)             { c.rejects[reason]++ }

// TestOtherWriters reads flows as pyarrow, and where they are there polars, DuckDB and
// fastparquet, write them: each codec, encoding, version of pages, form and type.
func TestOtherWriters(t *testing.T) {
	python := os.Getenv("BANSHIFT_PYTHON")
	if python == "" {
		python = "python3"
	}
	if exec.Command(python, "-c", "import pyarrow").Run() != nil {
		t.Skip("python3 with pyarrow is absent")
	}
	out, err := exec.Command(python, filepath.Join("testdata", "columnar.py"), t.TempDir()).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Log(string(failed.Stderr))
		}
		t.Fatal(err)
	}
	files := 0
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; files++ {
		var want columnar
		if err := decoder.Decode(&want); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(want.Path), func(t *testing.T) { want.compare(t) })
	}
	t.Logf("%d files", files)
	if files == 0 {
		t.Error("nothing was compared")
	}
}

func (want *columnar) compare(t *testing.T) {
	data, err := os.ReadFile(want.Path)
	if err != nil {
		t.Fatal(err)
	}
	format, err := Recognise(data[:min(len(data), HeadBytes)], want.Path)
	if err != nil {
		t.Fatal(err)
	}
	got := &columnar{Path: want.Path, Countries: map[string]int{}, rejects: map[string]int{}}
	if err := Rows(t.Context(), format, bytes.NewReader(data), got); err != nil {
		t.Fatal(err)
	}
	got.Client = got.clients.String()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) || len(got.rejects) > 0 {
		t.Errorf("got  %s %v\nwant %s", a, got.rejects, b)
	}
}
