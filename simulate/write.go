package simulate

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Progress is told how far a generation has come: records written and how many days or
// records of how many are done.
type Progress func(records, done, total int)

// Write makes the whole scenario under dir, which must not hold files of its own yet:
//
//	flows/DATE.ndjson    flow records of a week from DATE on, goflow2 JSON
//	dns/DATE.ndjson      DNS messages of a week, DNS-collector JSON
//	lists/               lists of addresses (in the program's own format) and of names
//	networks.csv         prefix, asn, country, as_name, type
//	home.txt             prefixes of the measured clients
//	blocklist/DATE.csv   the block list on days on which it was looked at
//	events.csv           what happened
//	holidays.csv         country, date
//	topology/            AS relationships and delegations
//	banshift.yaml        configuration that reads all of it, with paths relative to itself
//	truth.json           [Truth]
//	README.txt           says that all of it is simulated
func (g *Generator) Write(ctx context.Context, dir string, progress Progress) error {
	if progress == nil {
		progress = func(int, int, int) {}
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a new directory", dir)
	}
	if g.scenario.Uniform != nil {
		return g.writeUniform(ctx, dir, progress)
	}
	records, total := 0, 2*g.scenario.Days()
	byWeek := func(folder string, offset int) func(int, []byte) error {
		var week []byte
		return func(day int, block []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			records += countLines(block)
			progress(records, offset+day+1, total)
			week = append(week, block...)
			if day%7 < 6 && day+1 < g.scenario.Days() {
				return nil
			}
			err := writeFile(dir, folder+"/"+g.dateText(day-day%7)+".ndjson", week)
			week = week[:0]
			return err
		}
	}
	if err := g.flowDays(byWeek("flows", 0)); err != nil {
		return fmt.Errorf("simulate flows: %w", err)
	}
	if err := g.dnsDays(byWeek("dns", g.scenario.Days())); err != nil {
		return fmt.Errorf("simulate dns: %w", err)
	}
	return g.writeCompanions(dir)
}

// writeUniform writes the records of a throughput scenario into one file.
func (g *Generator) writeUniform(ctx context.Context, dir string, progress Progress) error {
	if err := os.MkdirAll(filepath.Join(dir, "flows"), 0o755); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, "flows", "uniform.ndjson"))
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	n, total := 0, g.scenario.Uniform.Records
	err = g.uniform(func(line []byte) error {
		if n++; n&0xffff == 0 {
			progress(n, n, total)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		_, err := w.Write(line)
		return err
	})
	if err != nil {
		return fmt.Errorf("simulate %s: %w", f.Name(), err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	progress(n, total, total)
	return g.writeCompanions(dir)
}

func countLines(block []byte) int {
	n := 0
	for _, c := range block {
		if c == '\n' {
			n++
		}
	}
	return n
}

// writeCompanions writes everything but the telemetry.
func (g *Generator) writeCompanions(dir string) error {
	truth, err := json.Marshal(g.Truth())
	if err != nil {
		return fmt.Errorf("simulate truth: %w", err)
	}
	type file struct {
		name string
		data []byte
	}
	files := []file{
		{"README.txt", g.readme()},
		{"networks.csv", g.networksCSV()},
		{"home.txt", []byte("# simulated\n100.64.0.0/10\n2001:db8::/33\n")},
		{"truth.json", append(truth, '\n')},
	}
	if g.world == nil {
		files = append(files, []file{
			{"lists/prefixes.csv", g.uniformListCSV()},
			{"banshift.yaml", g.config("prefixes")},
		}...)
	} else {
		files = append(files, []file{
			{"lists/tunnels.csv", g.tunnelsCSV()},
			{"lists/services.csv", g.servicesCSV()},
			{"lists/clouds.csv", g.cloudsCSV()},
			{"events.csv", g.eventsCSV()},
			{"holidays.csv", g.holidaysCSV()},
			{"topology/as-rel.txt", relationships(g.topology())},
			{"topology/delegated-simulated-extended.txt", delegations(g.topology(), g.dateText(g.scenario.Days()-1))},
			{"banshift.yaml", g.config("tunnels", "services", "clouds")},
		}...)
		for _, l := range g.nameLists() {
			files = append(files, file{l.file(), []byte(l.service + ".example\n")})
		}
	}
	for _, f := range files {
		if err := writeFile(dir, f.name, f.data); err != nil {
			return err
		}
	}
	if g.world == nil {
		return nil
	}
	return g.writeBlockList(dir)
}

// writeBlockList writes a snapshot a week while little changes and one a day from the
// announcement on: a day of observation is the day of a snapshot, nothing else.
func (g *Generator) writeBlockList(dir string) error {
	announced := g.scenario.day(g.scenario.Ban.Announced)
	var b []byte
	for day := range g.scenario.Days() {
		if day < announced-1 && day%7 != 0 {
			continue
		}
		b = append(b[:0], "prefix,simulated\n"...)
		for _, p := range g.world.blocked.on(day) {
			b = p.AppendTo(b)
			b = append(b, ",true\n"...)
		}
		if err := writeFile(dir, "blocklist/"+g.dateText(day)+".csv", b); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	return nil
}

func (g *Generator) readme() []byte {
	s := &g.scenario
	return fmt.Appendf(nil, `SIMULATED. Nothing in this directory was measured.

%s
scenario %s, seed %d, scale %g, %s to %s (UTC)

Every record says "simulated":true, every sensor's name begins with simulated-.
Clients are in 100.64.0.0/10 and 2001:db8::/33, sensors in 198.18.0.0/15, servers in
240.0.0.0/4 and 2001:db8:8000::/33. Exporters see both directions: a conversation is two
one-way records, the client's first; one record alone means that nothing came back.
truth.json says what is true in here.
`, s.Title, s.Name, g.seed, g.scale, s.Start.Format(time.DateOnly), s.End.Format(time.DateOnly))
}

const listHeader = "prefix_or_addr,port,proto,tool,service,category,kind,share,valid_from,valid_to\n"

// tunnelsCSV lists the endpoints of tools that providers publish, with the days in which they were theirs.
func (g *Generator) tunnelsCSV() []byte {
	b := []byte(listHeader)
	for t := range g.world.listed {
		for i := range g.world.listed[t] {
			e, tool := &g.world.listed[t][i], &g.scenario.Tools[t]
			category, kind := tool.Category, "provider"
			switch {
			case category == "":
				category = "vpn"
			case category == "anonymity":
				kind = "tor"
			}
			port, proto := strconv.Itoa(int(e.port)), tool.Protocol
			if e.proto == esp { // reached by ESP, IKE and UDP 4500 alike
				port, proto = "", ""
			}
			b = append(b, g.listRow(e, port, proto, tool.Tool, e.service, category, kind)...)
		}
	}
	return b
}

// servicesCSV lists where the banned service and its substitute are reached, proxies included.
func (g *Generator) servicesCSV() []byte {
	b := []byte(listHeader)
	s := g.scenario.Services
	for i := range g.world.service {
		b = append(b, g.listRow(&g.world.service[i], "443", "tcp", s.Banned, s.Banned, "messenger", "provider")...)
	}
	for i := range g.world.proxies {
		e := &g.world.proxies[i]
		b = append(b, g.listRow(e, strconv.Itoa(int(e.port)), "tcp", "mtproto", s.Banned, "proxy", "provider")...)
	}
	for i := range g.world.substitutes {
		b = append(b, g.listRow(&g.world.substitutes[i], "443", "tcp", "", s.Substitute, "messenger", "provider")...)
	}
	return b
}

func (g *Generator) listRow(e *endpoint, port, proto, tool, service, category, kind string) string {
	return strings.Join([]string{
		e.addr.String(), port, proto, tool, service, category, kind, "1", g.dateText(e.first), g.dateText(e.last + 1),
	}, ",") + "\n"
}

func (g *Generator) cloudsCSV() []byte {
	b := []byte(listHeader)
	from, to := g.dateText(0), g.dateText(g.scenario.Days())
	for i := range g.scenario.Clouds {
		h := &g.world.hosts[i]
		b = fmt.Appendf(b, "%s,,,,%s,,cloud,,%s,%s\n", h.space, h.name, from, to)
	}
	return b
}

// nameLists are the names of providers and services, a file each: asking for a name is
// interest, not use.
func (g *Generator) nameLists() []nameList {
	var lists []nameList
	for _, p := range g.scenario.Providers {
		lists = append(lists, nameList{p, "vpn"})
	}
	for _, s := range []string{g.scenario.Services.Banned, g.scenario.Services.Substitute} {
		lists = append(lists, nameList{s, "messenger"})
	}
	return lists
}

type nameList struct{ service, category string }

func (l nameList) file() string { return "lists/names-" + l.service + ".txt" }

func (g *Generator) networksCSV() []byte {
	b := []byte("prefix,asn,country,as_name,type\n")
	if g.world == nil {
		r := stream(g.seed, keyUniform, 1)
		for i, c := range []string{"ru", "ua", "kz", "by", "de", "pl", "tr", "us"} {
			b = fmt.Appendf(b, "100.%d.0.0/13,%d,%s,simulated-%s,eyeball\n", 64+8*i, 4200000000+r.intn(1<<20), c, c)
		}
		for i := range 15 {
			b = fmt.Appendf(b, "%d.0.0.0/8,%d,us,simulated-servers-%d,hosting\n", 240+i, 4250000000+r.intn(1<<20), i)
		}
		return b
	}
	for i := range g.world.networks {
		n := &g.world.networks[i]
		code := g.scenario.Countries[n.country].Code
		b = fmt.Appendf(b, "%s,%d,%s,%s,eyeball\n%s,%d,%s,%s,eyeball\n", n.v4, n.asn, code, n.name, n.v6, n.asn, code, n.name)
	}
	for i := range g.world.hosts {
		h := &g.world.hosts[i]
		b = fmt.Appendf(b, "%s,%d,%s,%s,%s\n", h.space, h.asn, h.country, h.name, h.kind)
		b = fmt.Appendf(b, "2001:db8:%x::/40,%d,%s,%s,%s\n", 0x8000|i<<8, h.asn, h.country, h.name, h.kind)
	}
	return b
}

// uniformListCSV is a list of random networks, as many as the scenario says.
func (g *Generator) uniformListCSV() []byte {
	r := stream(g.seed, keyUniform, 2)
	b := []byte(listHeader)
	for range g.scenario.Uniform.Prefixes {
		bits := r.between(20, 28)
		prefix, err := g.uniformServer(&r).Prefix(bits)
		if err != nil {
			panic(err) // bits are in range by construction
		}
		b = fmt.Appendf(b, "%s,,,,,,datacentre,,%s,%s\n", prefix, g.dateText(0), g.dateText(1))
	}
	return b
}

// eventID names the ban's events: country, service, year, step.
func (b *Ban) eventID(step string) string {
	return fmt.Sprintf("%s-telegram-%d-%s", b.Country, b.Enforced.Year(), step)
}

func (g *Generator) eventsCSV() []byte {
	s := &g.scenario
	announced, enforced := s.Ban.Announced.Format(time.DateOnly), s.Ban.Enforced.Format(time.DateOnly)
	b := []byte("id,country,target,kind,announced_at,enforced_at,ended_at,order\n")
	order := s.Ban.eventID("order")
	b = fmt.Appendf(b, "%s,%s,%s,court,%s,,,%s\n", s.Ban.eventID("court"), s.Ban.Country, s.Services.Banned, announced, order)
	b = fmt.Appendf(b, "%s,%s,%s,enforce,%s,%s,,%s\n", s.Ban.eventID("enforcement"), s.Ban.Country, s.Services.Banned, announced, enforced, order)
	for _, step := range s.BlockList.Steps {
		if len(step.Remove) > 0 {
			date := step.Date.Format(time.DateOnly)
			b = fmt.Appendf(b, "%s,%s,%s,unblock,,%s,,%s\n", s.Ban.eventID("unblock-"+date[5:]), s.Ban.Country, step.Cloud, date, order)
		}
	}
	for _, u := range s.Unrelated {
		b = fmt.Appendf(b, "%s,%s,vpn,release,,%s,,\n", u.ID, u.Country, u.Date.Format(time.DateOnly))
	}
	return b
}

func (g *Generator) holidaysCSV() []byte {
	b := []byte("country,date\n")
	for _, c := range g.scenario.Countries {
		for _, date := range g.scenario.Holidays[c.Holidays].Dates {
			b = fmt.Appendf(b, "%s,%s\n", c.Code, date.Format(time.DateOnly))
		}
	}
	return b
}

// config is the configuration that reads the directory; paths are relative to the file.
func (g *Generator) config(lists ...string) []byte {
	b := []byte("# simulated\nhome_file: home.txt\nnetworks:\n  - {path: networks.csv, format: csv}\nlists:\n")
	asOf := g.dateText(0)
	for _, name := range lists {
		b = fmt.Appendf(b, "  - {path: lists/%s.csv, format: csv, as_of: \"%s\"}\n", name, asOf)
	}
	if g.world == nil {
		return b
	}
	for _, l := range g.nameLists() {
		b = fmt.Appendf(b, "  - {path: %s, format: domains, service: %s, category: %s, kind: provider, valid_from: \"%s\", valid_to: \"%s\"}\n",
			l.file(), l.service, l.category, asOf, g.dateText(g.scenario.Days()))
	}
	b = fmt.Appendf(b, "substitutes: {%s: %s}\n", g.scenario.Services.Banned, g.scenario.Services.Substitute)
	b = append(b, "topology: {as_relationships: topology/as-rel.txt, delegations: [topology/delegated-simulated-extended.txt]}\n"...)
	return append(b, "events: events.csv\n"...)
}
