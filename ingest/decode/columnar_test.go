package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/deploy/parts"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
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
	compareWith(t, pythonWith(t, "pyarrow"), "columnar.py", t.TempDir())
}

// TestAgainstPolars reads what polars writes, and compares what it reads itself of Parquet and
// Arrow that other tests here write.
func TestAgainstPolars(t *testing.T) {
	python, dir := pythonWith(t, "polars"), t.TempDir()
	rec := flowRows(500)
	defer rec.Release()
	for name, form := range map[string]string{"ours.parquet": "parquet", "ours.arrow": "file", "ours.arrows": "stream"} {
		if err := os.WriteFile(filepath.Join(dir, name), encode(t, rec, form), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	compareWith(t, python, "polars_files.py", dir)
}

// flowRows are flows in the canonical schema.
func flowRows(n int) arrow.Record {
	r := rand.New(rand.NewPCG(3, 4))
	b := schemas.NewFlowBuilder(memory.DefaultAllocator, n)
	for i := range n {
		at := int64(1523836800000) + r.Int64N(86_400_000)
		b.Start.Append(at)
		b.End.Append(at + r.Int64N(60_000))
		b.Client.Append(r.Uint64())
		b.ClientPort.Append(uint16(r.Uint32()))
		b.ClientCountry.AppendString([]string{"kz", "ru", "de", ""}[r.IntN(4)])
		b.ClientASN.Append(r.Uint32())
		b.Server.Append([16]byte{10: 0xff, 0xff, 192, 0, 2, byte(r.Uint32())})
		b.ServerPort.Append(uint16(r.Uint32()))
		b.Protocol.Append(17)
		b.BytesUp.Append(r.Uint64N(1 << 40))
		b.BytesDown.Append(r.Uint64N(1 << 40))
		b.PacketsUp.Append(r.Uint64N(1 << 20))
		b.PacketsDown.Append(r.Uint64N(1 << 20))
		b.TCPFlags.Append(0)
		b.SamplingRate.Append(1)
		if i%3 == 0 {
			b.SNI.AppendAt(i, []byte("a.example"))
			b.FirstSizes.AppendAt(i, [schemas.MaxFirstSizes]int16{100, -20, 3})
		}
		b.LenSemantics.Append(0)
		b.Exporter.AppendString("e")
		b.Source.AppendString("s")
		b.Partition.Append(0)
		b.Offset.Append(int64(i))
		b.Orientation.Append(0)
		b.Records.Append(1)
		b.Simulated.Append(false)
	}
	return b.Record()
}

// pythonWith gives a Python that has a package: the one that is named, that of the notebooks
// (make notebooks), or the system's. It skips where none has it.
func pythonWith(t *testing.T, name string) string {
	t.Helper()
	candidates := []string{os.Getenv("BANSHIFT_PYTHON"), "python3"}
	if cache, err := parts.Cache(); err == nil {
		found, _ := filepath.Glob(filepath.Join(cache, "notebooks", "*", "bin", "python"))
		candidates = append(candidates, found...)
	}
	for _, python := range candidates {
		if python != "" && exec.Command(python, "-c", "import "+name).Run() == nil {
			return python
		}
	}
	t.Skipf("python3 with %s is absent", name)
	return ""
}

// compareWith reads the files that a script names, and compares with what it says of them.
func compareWith(t *testing.T, python, script, dir string) {
	t.Helper()
	out, err := exec.Command(python, filepath.Join("testdata", script), dir).Output()
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
