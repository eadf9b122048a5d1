package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/schemas"
)

// columnarFlows are flows of one hour in the canonical schema.
func columnarFlows(n int) arrow.Record {
	return columnarFlowsNamed(n, func(int) (exporter, label, source string) { return "e", "", "s" })
}

// columnarFlowsNamed gives each row the texts that a foreign writer chose; without a label it has none.
func columnarFlowsNamed(n int, names func(i int) (exporter, label, source string)) arrow.Record {
	b := schemas.NewFlowBuilder(memory.DefaultAllocator, n)
	for i := range n {
		at := int64(1523836800000 + i)
		b.Start.Append(at)
		b.End.Append(at + 500)
		b.Client.Append(uint64(i+1) * 0x9e3779b97f4a7c15)
		b.ClientPort.Append(uint16(40000 + i))
		b.ClientCountry.Append([]byte("ru"))
		b.ClientASN.Append(64500)
		b.Server.Append([16]byte{10: 0xff, 0xff, 192, 0, 2, byte(i)})
		b.ServerPort.Append(1194)
		b.Protocol.Append(17)
		b.BytesUp.Append(100)
		b.BytesDown.Append(200)
		b.PacketsUp.Append(1)
		b.PacketsDown.Append(2)
		b.TCPFlags.Append(0)
		b.SamplingRate.Append(1)
		b.LenSemantics.Append(0)
		exporter, label, source := names(i)
		b.Exporter.Append([]byte(exporter))
		if label != "" {
			b.SensorLabel.Append([]byte(label))
		}
		b.Source.Append([]byte(source))
		b.Partition.Append(0)
		b.Offset.Append(int64(i))
		b.Orientation.Append(0)
		b.Records.Append(1)
		b.Simulated.Append(false)
	}
	return b.Record()
}

// columnarForms are a record as Parquet of several codecs and pages, and as Arrow.
func columnarForms(t *testing.T, rec arrow.Record) map[string][]byte {
	t.Helper()
	forms := map[string][]byte{}
	for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd} {
		for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
			var file bytes.Buffer
			props := parquet.NewWriterProperties(parquet.WithCompression(codec), parquet.WithDataPageVersion(version), parquet.WithDataPageSize(200), parquet.WithMaxRowGroupLength(30))
			w, err := pqarrow.NewFileWriter(rec.Schema(), &file, props, pqarrow.DefaultWriterProps())
			if err := errors.Join(err, w.Write(rec), w.Close()); err != nil {
				t.Fatal(err)
			}
			forms[fmt.Sprintf("%s-%d.parquet", codec, version)] = file.Bytes()
		}
	}
	for name, option := range map[string]ipc.Option{"plain.arrow": ipc.WithAllocator(memory.DefaultAllocator), "lz4.arrow": ipc.WithLZ4(), "zstd.arrow": ipc.WithZstd()} {
		var stream bytes.Buffer
		w := ipc.NewWriter(&stream, ipc.WithSchema(rec.Schema()), option)
		if err := errors.Join(w.Write(rec), w.Close()); err != nil {
			t.Fatal(err)
		}
		forms[name] = stream.Bytes()
	}
	return forms
}

// TestMutatedFilesBesideAGoodOne runs a directory of 132 damaged Parquet and Arrow files, three of each form and kind of damage, with
// a good one: it ends well, the good one is stored, and the memory is bounded. What 1,200 of them do to the reader alone is tested
// where it is (ingest/decode).
func TestMutatedFilesBesideAGoodOne(t *testing.T) {
	needEngine(t)
	const mutants, goodRows, rows = 132, 77, 100
	r := rand.New(rand.NewPCG(11, 6))
	dir := t.TempDir()
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(files, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rec := columnarFlows(rows)
	defer rec.Release()
	forms := columnarForms(t, rec)
	names := slices.Sorted(maps.Keys(forms))
	for i := range mutants {
		name := names[i%len(names)]
		data := bytes.Clone(forms[name])
		at := r.IntN(len(data) - 12)
		switch i % 4 { // half of them where the lengths are
		case 0:
			at = r.IntN(300)
		case 1:
			at = len(data) - 13 - r.IntN(2000)
		}
		for k := range 1 + r.IntN(12) {
			data[at+k] = byte(r.Uint32())
		}
		put(fmt.Sprintf("%04d-%s", i, name), data)
	}
	good := columnarFlows(goodRows)
	defer good.Release()
	put("flows.parquet", columnarForms(t, good)["SNAPPY-1.parquet"])

	store := filepath.Join(dir, "store")
	cmd := exec.Command(os.Args[0], "run", "--store", store, files)
	cmd.Env = append(os.Environ(), runEnv+"="+filepath.Join(dir, "peak"), "BANSHIFT_PRIVACY_KEY_FILE="+filepath.Join(dir, "master.key"), "BANSHIFT_INGEST_GUESS_CLIENTS=true")
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitDone && code != exitRejects {
		t.Fatalf("exit code %d, %v: %s", code, err, said.String())
	}
	left := strings.Count(said.String(), `"file left"`)
	if left < mutants/4 {
		t.Errorf("%d of %d files are left with an error", left, mutants)
	}
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	got := execute(t, "", "sql", "--store", store, "--output", "csv",
		"SELECT sum(records_in) FROM batches WHERE source LIKE 'file:flows.parquet:%' AND state = 'done' AND records_in = stored + folded").must(t)
	if !strings.Contains(got.out, fmt.Sprint(goodRows)) {
		t.Errorf("of the good file: %s", got.out)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	text, err := os.ReadFile(filepath.Join(dir, "peak"))
	if err != nil {
		t.Fatal(err)
	}
	var peak int64
	if _, err := fmt.Sscan(string(text), &peak); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files left, %d MiB at most", left, peak>>20)
	if peak > 500<<20 {
		t.Errorf("%d MiB at most, want under 500", peak>>20)
	}
}

// runEnv makes the test binary the program, and names the file for its highest memory.
const runEnv = "BANSHIFT_TEST_PROGRAM"

// asProgram runs a command line as the program does, and notes what memory it took itself.
func asProgram(peakFile string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil {
		_ = os.WriteFile(peakFile, []byte(fmt.Sprint(usage.Maxrss<<10)), 0o600)
	}
	return code
}
