package simulate

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// Scenario is everything that is assumed about a simulated world; the seed draws the rest.
// Rates are per day at scale 1, effects are natural logarithms.
type Scenario struct {
	Name  string    `yaml:"name"`
	Title string    `yaml:"title"`
	Start time.Time `yaml:"start"` // first UTC day
	End   time.Time `yaml:"end"`   // last UTC day

	Noise                Noise               `yaml:"noise"`
	IPv6Every            int                 `yaml:"ipv6_every"` // one client in so many is on IPv6
	Tools                []Tool              `yaml:"tools"`
	Providers            []string            `yaml:"providers"`
	EndpointsPerProvider int                 `yaml:"endpoints_per_provider"`
	Profiles             map[string]Profile  `yaml:"profiles"` // "office" for tunnels, "home" for the rest
	Countries            []Country           `yaml:"countries"`
	Holidays             map[string]Holidays `yaml:"holidays"`
	Services             Services            `yaml:"services"`
	Ban                  Ban                 `yaml:"ban"`
	Pattern              Pattern             `yaml:"pattern"`
	Clouds               []Cloud             `yaml:"clouds"`
	BlockList            BlockList           `yaml:"blocklist"`
	Endpoints            Endpoints           `yaml:"endpoints"`
	Domains              Domains             `yaml:"domains"`
	Outages              []Outage            `yaml:"outages"`
	Artefacts            []Artefact          `yaml:"artefacts"`
	Unrelated            []Unrelated         `yaml:"unrelated"`
	Topology             []Topology          `yaml:"topology"`

	// Uniform makes records for measuring speed instead of a world.
	Uniform *Uniform `yaml:"uniform"`
}

// Noise is the day-to-day noise of the logarithm of use.
type Noise struct {
	World   AR `yaml:"world"`   // shared by all countries
	Country AR `yaml:"country"` // shared by the networks of one
	Network AR `yaml:"network"`
}

// AR is a stationary first-order autoregression by its standard deviation and coefficient.
type AR struct {
	SD  float64 `yaml:"sd"`
	Phi float64 `yaml:"phi"`
}

// Tool is one way around a ban as flow records show it.
type Tool struct {
	Tool     string  `yaml:"tool"`
	Protocol string  `yaml:"protocol"` // tcp, udp or esp
	Ports    []int   `yaml:"ports"`    // 0: drawn for each endpoint
	Share    float64 `yaml:"share"`    // of the VPN users
	Listed   float64 `yaml:"listed"`   // share of its users on endpoints that a list names
	Category string  `yaml:"category"` // vpn where empty
}

// Profile is how use is spread over the week (log deviation, Monday first) and over
// the hours of a local day (weights).
type Profile struct {
	Weekly []float64 `yaml:"weekly"`
	Hours  []float64 `yaml:"hours"`
}

// Country is one country's daily users by what they do, at the time of the ban.
type Country struct {
	Code       string  `yaml:"code"`
	Zone       int     `yaml:"zone"` // hours ahead of UTC
	Networks   int     `yaml:"networks"`
	VPN        float64 `yaml:"vpn"`
	Banned     float64 `yaml:"banned"`     // users of the service that is banned
	Substitute float64 `yaml:"substitute"` // users of the one pushed instead of it
	Web        float64 `yaml:"web"`
	DNS        float64 `yaml:"dns"`    // messages, not users
	Growth     float64 `yaml:"growth"` // log a day, of all of them
	Holidays   string  `yaml:"holidays"`
}

// Holidays are days with a log effect on the use of tunnels.
type Holidays struct {
	Effect float64     `yaml:"effect"`
	Dates  []time.Time `yaml:"dates"`
}

// Services names the banned service and its substitute.
type Services struct {
	Banned     string `yaml:"banned"`
	Substitute string `yaml:"substitute"`
}

// Ban is what happens to one country.
type Ban struct {
	Country        string       `yaml:"country"`
	Announced      time.Time    `yaml:"announced"`
	Enforced       time.Time    `yaml:"enforced"`
	Anticipation   float64      `yaml:"anticipation"`
	Effect         float64      `yaml:"effect"`
	Floor          float64      `yaml:"floor"`
	DecayDays      float64      `yaml:"decay_days"`
	Enforcement    Distribution `yaml:"enforcement"`
	Left           float64      `yaml:"left"`
	Tunnelled      float64      `yaml:"tunnelled"`
	Substitute     float64      `yaml:"substitute"`
	SubstituteDays float64      `yaml:"substitute_days"`
	Interest       float64      `yaml:"interest"`
}

// Distribution is a normal cut to [0, 1].
type Distribution struct {
	Mean float64 `yaml:"mean"`
	SD   float64 `yaml:"sd"`
}

// Pattern is a country that blocks one tool whatever the address, all the time.
type Pattern struct {
	Country string  `yaml:"country"`
	Tool    string  `yaml:"tool"`
	Fails   float64 `yaml:"fails"`
}

// Cloud is a hosting network; Domains is the share of legitimate names it holds.
type Cloud struct {
	Name    string  `yaml:"name"`
	Country string  `yaml:"country"`
	Domains float64 `yaml:"domains"`
}

// BlockList is how the list of blocked addresses grows.
type BlockList struct {
	History struct {
		Networks24 int `yaml:"networks_24"`
		Addresses  int `yaml:"addresses"`
		AddedADay  int `yaml:"added_a_day"`
	} `yaml:"history"`
	Steps []BlockStep `yaml:"steps"`
}

// BlockStep adds or removes prefixes of the given lengths in one cloud's space.
type BlockStep struct {
	Date   time.Time `yaml:"date"`
	Cloud  string    `yaml:"cloud"`
	Add    []int     `yaml:"add"`
	Remove []int     `yaml:"remove"`
}

// Endpoints is where the banned service is reached.
type Endpoints struct {
	Own             []int   `yaml:"own"` // prefix lengths of its own space
	OwnHosts        int     `yaml:"own_hosts"`
	Fleet           int     `yaml:"fleet"`
	ArrivalsADay    int     `yaml:"arrivals_a_day"`
	LifetimeDays    float64 `yaml:"lifetime_days"`
	LeaveAfterBlock int     `yaml:"leave_after_block"`
	Exposed         float64 `yaml:"exposed"`
}

// Domains is the legitimate web.
type Domains struct {
	Legitimate int `yaml:"legitimate"`
	Addresses  int `yaml:"addresses"` // at most so many each
}

// Outage is a run of whole UTC days in which one network's exporter reports nothing.
type Outage struct {
	Country string    `yaml:"country"`
	Network int       `yaml:"network"`
	First   time.Time `yaml:"first"`
	Last    time.Time `yaml:"last"`
}

// Artefact is a day on which the count of every country is off.
type Artefact struct {
	Date   time.Time `yaml:"date"`
	Effect float64   `yaml:"effect"`
}

// Unrelated is an event that moves use in one country and is no ban.
type Unrelated struct {
	ID        string    `yaml:"id"`
	Country   string    `yaml:"country"`
	Date      time.Time `yaml:"date"`
	Effect    float64   `yaml:"effect"`
	DecayDays float64   `yaml:"decay_days"`
	Note      string    `yaml:"note"`
}

// Topology is how many networks of a country have links abroad, and how many each on average.
type Topology struct {
	Country      string  `yaml:"country"`
	Networks     int     `yaml:"networks"`
	ForeignLinks float64 `yaml:"foreign_links"`
}

// Uniform is a mix of flow records without an event.
type Uniform struct {
	Records  int   `yaml:"records"`
	Clients  int   `yaml:"clients"`
	Servers  int   `yaml:"servers"`
	Prefixes int   `yaml:"prefixes"` // length of the list of networks that goes with it
	Mix      []Mix `yaml:"mix"`
}

// Mix is one kind of flow with its share.
type Mix struct {
	Protocol string  `yaml:"protocol"`
	Port     int     `yaml:"port"`
	Share    float64 `yaml:"share"`
}

// Names lists the built-in scenarios.
func Names() []string {
	entries, err := scenarioFiles.ReadDir("scenarios")
	if err != nil {
		panic(err) // the directory is compiled in
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Load reads a built-in scenario.
func Load(name string) (Scenario, error) {
	if !slices.Contains(Names(), name) {
		return Scenario{}, fmt.Errorf("no scenario %q: there are %s", name, strings.Join(Names(), ", "))
	}
	data, err := scenarioFiles.ReadFile(path.Join("scenarios", name+".yaml"))
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	return Parse(data)
}

// Parse reads a scenario from YAML; an unknown key is an error.
func Parse(data []byte) (Scenario, error) {
	var s Scenario
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		return Scenario{}, fmt.Errorf("scenario: %w", err)
	}
	if err := s.check(); err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	return s, nil
}

// Days is how many days the scenario covers.
func (s *Scenario) Days() int { return s.day(s.End) + 1 }

// day is the number of a date, 0 on the first day.
func (s *Scenario) day(date time.Time) int {
	return int(date.Sub(s.Start).Hours()) / 24
}

// date is the UTC midnight of a day by its number.
func (s *Scenario) date(day int) time.Time { return s.Start.AddDate(0, 0, day) }

// country is the position of a code, -1 where there is none.
func (s *Scenario) country(code string) int {
	return slices.IndexFunc(s.Countries, func(c Country) bool { return c.Code == code })
}

func (s *Scenario) cloud(name string) int {
	return slices.IndexFunc(s.Clouds, func(c Cloud) bool { return c.Name == name })
}

func (s *Scenario) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Name == "" || s.Start.IsZero() || s.End.Before(s.Start) {
		wrong("name, start and a later end are needed")
	}
	if s.Uniform != nil {
		if s.Uniform.Clients <= 0 || s.Uniform.Servers <= 0 || len(s.Uniform.Mix) == 0 {
			wrong("uniform: clients, servers and mix are needed")
		}
		return errors.Join(errs...)
	}
	for _, name := range []string{"office", "home"} {
		p := s.Profiles[name]
		if len(p.Weekly) != 7 || len(p.Hours) != 24 {
			wrong("profile %s: want 7 weekly and 24 hourly numbers", name)
		}
	}
	if len(s.Tools) == 0 || len(s.Providers) == 0 || s.IPv6Every <= 0 || s.Endpoints.Fleet <= 0 {
		wrong("tools, providers, ipv6_every and endpoints are needed")
	}
	for _, t := range s.Tools {
		if _, ok := protocolNumber[t.Protocol]; !ok || t.Protocol != "esp" && len(t.Ports) == 0 {
			wrong("tool %s: want protocol tcp, udp or esp, and ports", t.Tool)
		}
	}
	for _, c := range s.Countries {
		if c.Networks <= 0 {
			wrong("country %s: no networks", c.Code)
		}
		if _, ok := s.Holidays[c.Holidays]; c.Holidays != "" && !ok {
			wrong("country %s: no holidays %q", c.Code, c.Holidays)
		}
	}
	for what, code := range map[string]string{"ban": s.Ban.Country, "pattern": s.Pattern.Country} {
		if s.country(code) < 0 {
			wrong("%s: no country %q", what, code)
		}
	}
	for _, step := range s.BlockList.Steps {
		if s.cloud(step.Cloud) < 0 {
			wrong("blocklist step of %s: no cloud %q", step.Date.Format(time.DateOnly), step.Cloud)
		}
	}
	for _, o := range s.Outages {
		if c := s.country(o.Country); c < 0 || o.Network >= s.Countries[c].Networks {
			wrong("outage: no network %d in %q", o.Network, o.Country)
		}
	}
	return errors.Join(errs...)
}
