package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/schemas"
)

// classifyOptions are the flags of classify.
type classifyOptions struct {
	json, explain, addresses bool
	format                   string
}

func newClassifyCommand(a *app) *cobra.Command {
	var o classifyOptions
	cmd := &cobra.Command{
		Use:   "classify FILE...",
		Short: "Show the verdict on every flow of local files",
		Long: `classify reads files, gives every flow a verdict, and stores nothing. Clients are
pseudonyms of a key that is thrown away, unless --show-addresses.`,
		Example: `  banshift classify capture.pcap
  banshift classify --explain capture.pcap
  banshift classify --json --show-addresses capture.pcap | jq 'select(.level=="confirmed")'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.classify(cmd.Context(), args, o) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.json, "json", false, "one JSON object a flow")
	flags.BoolVar(&o.explain, "explain", false, "the argument for each verdict, rule by rule")
	flags.BoolVar(&o.addresses, "show-addresses", false, "show the clients' addresses: only on this screen, never stored")
	flags.StringVar(&o.format, "format", "", "format of the files, instead of recognising it: "+formatNames())
	cmd.MarkFlagsMutuallyExclusive("json", "explain")
	return cmd
}

func (a *app) classify(ctx context.Context, args []string, o classifyOptions) error {
	s, err := loadStages(a.cfg)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	defer out.Flush()
	show := verdictTable
	switch {
	case o.json:
		show = verdictJSON
	case o.explain:
		show = s.verdictExplained
	}
	return a.scan(ctx, s, args, o.format, func(scanned pipeline.Scanned) error {
		rows, err := s.verdictRows(scanned, o.addresses)
		if err != nil {
			return err
		}
		return show(out, rows)
	})
}

// scan classifies files one after the other, without a store.
func (a *app) scan(ctx context.Context, s *stages, args []string, formatName string, each func(pipeline.Scanned) error) error {
	format, err := parseFormat(formatName)
	if err != nil {
		return err
	}
	list, err := files.Find(args)
	if err != nil {
		return err
	}
	keys, err := passingKeys()
	if err != nil {
		return err
	}
	opts := pipeline.Options{
		NewParts:     func() (pipeline.Parts, error) { return s.parts(keys) },
		NewGate:      func() (*anonymize.Gate, error) { return s.revealingGate(keys) },
		BatchRecords: a.cfg.Ingest.BatchRecords, BlockRecords: a.cfg.Ingest.BlockRecords, BlockBytes: a.cfg.Ingest.BlockBytes, Log: a.log,
	}
	for _, file := range list {
		err := pipeline.Scan(ctx, file, opts, pipeline.FileOptions{Format: format, Stdin: a.in, Packets: packets}, each)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || file.Explicit {
			return err
		}
		a.log.Warn("file left", "file", file.Path, "why", err)
	}
	return nil
}

// revealingGate makes a gate that keeps both ends of a flow with its row.
func (s *stages) revealingGate(keys *anonymize.Keys) (*anonymize.Gate, error) {
	opts := s.gateOptions(keys)
	opts.Reveal, opts.FutureAfter = true, nil
	return anonymize.NewGate(opts)
}

// verdictRow is one flow as classify shows it: the object of the command line contract.
type verdictRow struct {
	Capture    string        `json:"capture"`
	Start      string        `json:"start"`
	Proto      string        `json:"proto"`
	Client     string        `json:"client"`
	ClientPort uint16        `json:"client_port"`
	Server     string        `json:"server"`
	ServerPort uint16        `json:"server_port"`
	Protocol   string        `json:"protocol"`
	Service    string        `json:"service"`
	Category   string        `json:"category"`
	P          float64       `json:"p"`
	Level      string        `json:"level"`
	Evidence   []evidenceRow `json:"evidence"`

	record arrow.Record
	row    int
}

type evidenceRow struct {
	Rule   string  `json:"rule"`
	Pack   string  `json:"pack"`
	Family string  `json:"family"`
	DB     float64 `json:"db"`
}

// verdictRows translates a classified batch.
func (s *stages) verdictRows(scanned pipeline.Scanned, addresses bool) ([]verdictRow, error) {
	if scanned.Verdicts == nil {
		return nil, nil
	}
	flows, err := schemas.FlowsOf(scanned.Verdicts)
	if err != nil {
		return nil, err
	}
	v, err := schemas.VerdictsOf(scanned.Verdicts)
	if err != nil {
		return nil, err
	}
	rows := make([]verdictRow, flows.Len)
	for i := range rows {
		r := &rows[i]
		*r = verdictRow{
			Capture: filepath.Base(scanned.Path), Start: flows.Start[i].ToTime(arrow.Millisecond).Format(time.RFC3339Nano),
			Proto: protocolName(flows.Protocol[i]), Client: fmt.Sprintf("%016x", flows.Client[i]),
			ClientPort: flows.ClientPort[i], ServerPort: flows.ServerPort[i],
			Server:   netip.AddrFrom16([16]byte(flows.Server.Value(i))).Unmap().String(),
			Protocol: schemas.DictString(v.Tool, i), Service: schemas.DictString(v.Service, i), Category: schemas.DictString(v.Category, i),
			P: roundP(v.P[i]), Level: schemas.Level(v.Level[i]).String(),
			Evidence: s.evidenceRows(v.Evidence, i),
			record:   scanned.Verdicts, row: i,
		}
		if addresses && i < len(scanned.Batch.Ends) {
			r.Client = scanned.Batch.Ends[i].Client.Addr().String()
		}
	}
	return rows, nil
}

func (s *stages) evidenceRows(list *array.List, row int) []evidenceRow {
	rules := list.ListValues().(*array.Uint16)
	from, to := list.ValueOffsets(row)
	rows := make([]evidenceRow, 0, to-from)
	for i := from; i < to; i++ {
		id := rules.Value(int(i))
		rule := s.pack.Rule(id)
		rows = append(rows, evidenceRow{s.pack.RuleID(id), s.pack.Version(), rule.Family, rule.DB})
	}
	return rows
}

// roundP gives a probability with the digits that a float32 has.
func roundP(p float32) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(p), 'g', 6, 32), 64)
	return v
}

// protocolName is tcp, udp or other.
func protocolName(p uint8) string {
	switch p {
	case 6:
		return "tcp"
	case 17:
		return "udp"
	}
	return "other"
}

func verdictJSON(out io.Writer, rows []verdictRow) error {
	encoder := json.NewEncoder(out)
	for i := range rows {
		if err := encoder.Encode(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func verdictTable(out io.Writer, rows []verdictRow) error {
	for _, r := range rows {
		_, err := fmt.Fprintf(out, "%-5s %39s:%-5d  %39s:%-5d  %-12s %-14s %-14s %5.3f\n",
			r.Proto, r.Client, r.ClientPort, r.Server, r.ServerPort, r.Level, r.Protocol, r.Service, r.P)
		if err != nil {
			return err
		}
	}
	return nil
}
