package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
	"github.com/banshift/banshift/transform/spike"
)

// Evidence is a series that is weighed with the tested one.
type Evidence struct {
	Given  string // as on the command line: format, country, file
	Format string // of package series
	Name   string
	Series []spike.Series
}

// kind is what a series of the format is evidence of.
func (e Evidence) kind() spike.EvidenceKind {
	switch e.Format {
	case "ioda":
		return spike.Connectivity
	case "ooni":
		return spike.Blocking
	}
	return spike.Demand
}

// weigh tests the given series around the events.
func weigh(list []Evidence, catalogue []events.Event, cfg spike.Config) ([]spike.Finding, []account.EvidenceFile, error) {
	var findings []spike.Finding
	var files []account.EvidenceFile
	for _, e := range list {
		found, err := spike.Findings(e.kind(), e.Format+" "+e.Name, e.Series, catalogue, cfg)
		if err != nil {
			return nil, nil, err
		}
		findings = append(findings, found...)
		files = append(files, account.EvidenceFile{Given: e.Given, DataHash: hashSeries(e.Series), Licence: series.Licence(e.Format)})
	}
	return findings, files, nil
}

// storeFindings looks at what the store knows in addition to the use of tools, for each event inside
// it against a service that it knows: whether direct use fell, and whether networks that enforce more rose more.
func storeFindings(ctx context.Context, r *reading, list []spike.Series, simulated bool, catalogue []events.Event, cfg spike.Config) ([]spike.Finding, error) {
	var findings []spike.Finding
	for _, e := range catalogue {
		i := slices.IndexFunc(list, func(s spike.Series) bool { return s.Country == e.Country })
		if i < 0 || e.Date().Before(list[i].Start) || !e.Date().Before(list[i].Start.AddDate(0, 0, len(list[i].Values))) {
			continue
		}
		unknown, err := unknownFinding(ctx, r, e, simulated, cfg)
		if err != nil {
			return nil, err
		}
		findings = append(findings, unknown...)
		if e.Target == "" {
			continue
		}
		direct, err := serviceSeries(ctx, r, strings.ToLower(e.Target), e.Country, simulated)
		if err != nil {
			return nil, err
		}
		if direct == nil {
			continue
		}
		found, err := spike.Findings(spike.DirectUse, "answered connections to "+e.Target, direct, []events.Event{e}, cfg)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
		dose, err := doseFinding(ctx, r, list[i], e, simulated, cfg)
		if err != nil {
			return nil, err
		}
		findings = append(findings, dose...)
	}
	return findings, nil
}

// unknownOf asks for the days around an event.
func unknownOf(e events.Event, cfg spike.Config) map[string]string {
	return map[string]string{"country": e.Country, "from": e.Date().AddDate(0, 0, -cfg.BeforeDays).Format(time.DateOnly), "to": e.Date().AddDate(0, 0, cfg.AfterDays-1).Format(time.DateOnly)}
}

// unknownFinding says how many clients used servers that came up and that nothing names, on the day with most of them
// after the event and before it; nothing where none did after it. It speaks neither for nor against: a game may look so.
func unknownFinding(ctx context.Context, r *reading, e events.Event, simulated bool, cfg spike.Config) ([]spike.Finding, error) {
	type day struct {
		Day       string
		Clients   uint64
		All       uint64 `json:"all_clients"`
		Servers   uint64
		Simulated uint8
	}
	list, err := rows[day](ctx, r, "unknown_tools", unknownOf(e, cfg))
	if err != nil {
		return nil, err
	}
	var before, after day
	for _, d := range list {
		most := &before
		if !dayOf(d.Day).Before(e.Date()) {
			most = &after
		}
		if (d.Simulated == 1) == simulated && d.Clients > most.Clients {
			*most = d
		}
	}
	if after.Clients == 0 || after.All == 0 {
		return nil, nil
	}
	text := fmt.Sprintf("there may be an unknown tool, or a new service like one: on %s %d of %d clients (%.1f %%) used %s that have no name and that few used a week before; in the %d days before the event at most %d clients did so on a day",
		after.Day, after.Clients, after.All, 100*float64(after.Clients)/float64(after.All), account.CountOf(int(after.Servers), "server networks"), cfg.BeforeDays, before.Clients)
	return []spike.Finding{{Event: e.ID, Source: "servers that came up", Weight: spike.Silent, Text: text}}, nil
}

// doseFinding asks whether the effect by network follows the share of tries of the banned
// service that fail there; nothing where too few networks tell.
func doseFinding(ctx context.Context, r *reading, own spike.Series, e events.Event, simulated bool, cfg spike.Config) ([]spike.Finding, error) {
	networks, err := networkUse(ctx, r, own, simulated)
	if err != nil {
		return nil, err
	}
	at := dayIndex(own, e.Date())
	effects, err := blocking.NetworkEffects(networks, at, blocking.Windows{Before: cfg.BeforeDays, After: cfg.AfterDays})
	if errors.Is(err, blocking.ErrTooShort) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	degree, err := failuresByNetwork(ctx, r, e, simulated, cfg)
	if err != nil {
		return nil, err
	}
	d, err := blocking.MeasureDose(effects, degree)
	if errors.Is(err, blocking.ErrNoDose) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := spike.Finding{Event: e.ID, Source: "use and failures by network", Weight: spike.Silent}
	numbers := fmt.Sprintf("%+.1f %% (%+.1f to %+.1f) for every 10 points more of tries that fail, over %d networks (p = %.3f)",
		100*math.Expm1(d.Slope/10), 100*math.Expm1(d.Low/10), 100*math.Expm1(d.High/10), d.Networks, d.P)
	if d.Low > 0 {
		f.Weight, f.Text = spike.For, "use rose more in networks that block more: "+numbers
	} else {
		f.Text = "use did not clearly rise more in networks that block more: " + numbers
	}
	return []spike.Finding{f}, nil
}

// networkUse reads the use of each network of own's country on its days. A day on which nobody of a
// network was seen at all is missing.
func networkUse(ctx context.Context, r *reading, own spike.Series, simulated bool) ([]blocking.NetworkUse, error) {
	list, err := rows[struct {
		Day       string
		ASN       uint32
		Clients   float64
		Simulated uint8
	}](ctx, r, "use_by_network_day", map[string]string{"country": own.Country})
	if err != nil {
		return nil, err
	}
	var networks []blocking.NetworkUse
	last := uint32(0)
	for _, row := range list {
		t := dayIndex(own, dayOf(row.Day))
		if row.ASN == 0 || (row.Simulated == 1) != simulated || t < 0 || t >= len(own.Values) {
			continue
		}
		if row.ASN != last {
			last = row.ASN
			networks = append(networks, blocking.NetworkUse{Network: networkName(row.ASN), Users: nans(len(own.Values))})
		}
		networks[len(networks)-1].Users[t] = row.Clients
	}
	return networks, nil
}

func networkName(asn uint32) string { return "AS" + strconv.FormatUint(uint64(asn), 10) }

// triesOf asks for the tries of the event's target in the registered days.
func triesOf(e events.Event, cfg spike.Config) map[string]string {
	day := e.Date()
	return map[string]string{"country": e.Country, "service": strings.ToLower(e.Target),
		"from": day.AddDate(0, 0, -cfg.BeforeDays).Format(time.DateOnly), "to": day.AddDate(0, 0, cfg.AfterDays-1).Format(time.DateOnly)}
}

// failuresByNetwork is, by network, the share of tries of the event's target without an answer in the
// days from the event on, less that of the days before.
func failuresByNetwork(ctx context.Context, r *reading, e events.Event, simulated bool, cfg spike.Config) (map[string]float64, error) {
	day := e.Date()
	list, err := rows[struct {
		Day               string
		ASN               uint32
		Flows, Unanswered float64
		Simulated         uint8
	}](ctx, r, "service_by_network", triesOf(e, cfg))
	if err != nil {
		return nil, err
	}
	type tally struct{ tried, failed [2]float64 }
	byNetwork := map[string]*tally{}
	for _, row := range list {
		if row.ASN == 0 || (row.Simulated == 1) != simulated {
			continue
		}
		t := byNetwork[networkName(row.ASN)]
		if t == nil {
			t = &tally{}
			byNetwork[networkName(row.ASN)] = t
		}
		after := 0
		if !dayOf(row.Day).Before(day) {
			after = 1
		}
		t.tried[after], t.failed[after] = t.tried[after]+row.Flows, t.failed[after]+row.Unanswered
	}
	degree := map[string]float64{}
	for name, t := range byNetwork {
		if t.tried[1] > 0 {
			degree[name] = t.failed[1]/t.tried[1] - t.failed[0]/cmp.Or(t.tried[0], 1)
		}
	}
	return degree, nil
}
