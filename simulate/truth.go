package simulate

import (
	"math"
	"slices"
	"time"
)

// Truth is what is true in a simulation: what it was made with, what it came to, and for
// each question that can be asked of it the answer with the range in which an unbiased
// estimate falls 95 times in 100, from the generator's own model.
type Truth struct {
	Simulated bool    `json:"simulated"`
	Scenario  string  `json:"scenario"`
	Seed      uint64  `json:"seed"`
	Scale     float64 `json:"scale"`
	Method    string  `json:"method"`

	Dates     []string       `json:"dates"` // UTC days of all series below
	Countries []CountryTruth `json:"countries"`
	Effects   []EffectTruth  `json:"effects"`

	Survival    SurvivalTruth    `json:"survival"`
	Churn       ChurnTruth       `json:"churn"`
	BlockList   BlockListTruth   `json:"block_list"`
	Collateral  CollateralTruth  `json:"collateral"`
	Adoption    AdoptionTruth    `json:"adoption"`
	Enforcement EnforcementTruth `json:"enforcement"`
	Blocking    []BlockingTruth  `json:"blocking"`
	Topology    []TopologyTruth  `json:"topology"`
	Outages     []OutageTruth    `json:"outages"`
	Artefacts   []string         `json:"artefacts"`
}

// Estimate is a true value with the range of an unbiased estimate of it.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// CountryTruth is one country by day. Users are distinct clients; where an exporter was
// out, what it would have seen is in VPNUsers and missing in VPNUsersObserved.
type CountryTruth struct {
	Country            string           `json:"country"`
	VPNUsers           []int            `json:"vpn_users"`
	VPNUsersObserved   []int            `json:"vpn_users_observed"`
	VPNUsersListed     []int            `json:"vpn_users_listed"` // observed, on endpoints that a list names
	ToolUsers          map[string][]int `json:"tool_users"`       // observed
	BannedUsers        []int            `json:"banned_users"`     // observed; tried, by whatever way
	BannedDirect       []int            `json:"banned_direct"`    // observed; got through without a proxy
	BannedProxied      []int            `json:"banned_proxied"`   // observed; through a listed proxy
	SubstituteUsers    []int            `json:"substitute_users"` // observed
	FlowRecords        []int            `json:"flow_records"`
	DNSRecords         []int            `json:"dns_records"`
	LegitimateQueries  []int            `json:"legitimate_queries"`
	CollateralSoft     []int            `json:"collateral_soft"` // queries for names with some address blocked
	CollateralHard     []int            `json:"collateral_hard"` // and with all of them
	WebBlocked         []int            `json:"web_blocked"`     // web sessions to listed addresses
	WebBlockedFailed   []int            `json:"web_blocked_failed"`
	ServiceBlocked     []int            `json:"service_blocked"` // tries of the banned service at listed addresses
	ServiceBlockedFail []int            `json:"service_blocked_failed"`
}

// EffectTruth is the true log effect on the VPN users of one country in the first week of
// an event, over what they would have been without any.
type EffectTruth struct {
	Event    string   `json:"event"`
	Country  string   `json:"country"`
	Date     string   `json:"date"`
	Log      Estimate `json:"effect_log"`
	Percent  float64  `json:"effect_pct"`
	Own      float64  `json:"own_log"`      // without what other events added in the same week
	Realised float64  `json:"realised_log"` // of the drawn users, by same-weekday medians of 28 days before
}

// SurvivalTruth compares users of the banned service with its own baseline: log ratios in
// the first week and in the fourth.
type SurvivalTruth struct {
	Direct     [2]Estimate `json:"direct_log"`     // without a proxy
	Reached    [2]Estimate `json:"reached_log"`    // directly or through a listed proxy
	ProxyShare [2]Estimate `json:"proxied_share"`  // of those that reached it
	Weeks      [2]string   `json:"weeks_starting"` // first days of the two weeks
}

// ChurnTruth is about the endpoints of the banned service on clouds.
type ChurnTruth struct {
	Endpoints []EndpointTruth `json:"endpoints"`
	Arrivals  int             `json:"arrivals"`
	// Lifetime is the median of all that were new from the event on, listed proxies too,
	// with those that outlive the simulation, in days.
	Lifetime       Estimate       `json:"lifetime_days"`
	MedianLifetime float64        `json:"median_lifetime_days"` // of those that left before the end
	Blocked        int            `json:"blocked"`
	MedianLag      float64        `json:"median_days_to_block"` // of those that were blocked
	SharesAfter    map[string]int `json:"networks"`             // endpoints by hosting network
}

// EndpointTruth is one endpoint with its days.
type EndpointTruth struct {
	Address string `json:"address"`
	Network string `json:"network"`
	ASN     uint32 `json:"asn"`
	First   string `json:"first"`
	Last    string `json:"last"`
	Blocked string `json:"blocked,omitempty"` // first day on the list while it was in use
}

// BlockListTruth is the list by day.
type BlockListTruth struct {
	Rows      []int `json:"rows"`
	Addresses []int `json:"addresses"` // each address once
	PlainSum  []int `json:"plain_sum"` // what adding up the rows would give
}

// CollateralTruth is the share of queries for legitimate names that resolve into listed
// space, over the first week.
type CollateralTruth struct {
	Soft    Estimate `json:"soft"`
	Hard    Estimate `json:"hard"`
	Domains [2]int   `json:"domains"` // names with some, and with all addresses listed, on the seventh day
	Of      int      `json:"of"`
	Failed  Estimate `json:"failed_connections"` // share of web sessions to listed addresses that fail
}

// AdoptionTruth is the substitute's share of the users of both, before (28 days) and in
// the first week, and its log rise.
type AdoptionTruth struct {
	Before Estimate `json:"share_before"`
	After  Estimate `json:"share_after"`
	Log    Estimate `json:"effect_log"`
}

// EnforcementTruth is how far the networks of the banning country differ.
type EnforcementTruth struct {
	Networks   []NetworkTruth `json:"networks"`
	TauSquared Estimate       `json:"tau_squared"`
	ISquared   Estimate       `json:"i_squared"`
}

// NetworkTruth is one network with its degree of enforcement and its own effect.
type NetworkTruth struct {
	Network string   `json:"network"`
	ASN     uint32   `json:"asn"`
	Degree  float64  `json:"enforces"`
	Log     Estimate `json:"effect_log"`
}

// BlockingTruth says how a country blocks: by the server's address or by the pattern of a
// protocol whatever the address.
type BlockingTruth struct {
	Country string  `json:"country"`
	Method  string  `json:"method"` // address or pattern
	Tool    string  `json:"tool,omitempty"`
	Fails   float64 `json:"fails"` // share of a client's connections that fail where it applies
	// Failed is that share of all tries in the first week; networks that enforce more make
	// more of them. Zero for a block by pattern.
	Failed Estimate `json:"failed_tries"`
}

// TopologyTruth is how many networks of a country have links abroad and how concentrated
// those links are (Herfindahl-Hirschman index of their shares).
type TopologyTruth struct {
	Country      string  `json:"country"`
	Networks     int     `json:"networks_with_foreign_links"`
	Links        int     `json:"foreign_links"`
	Concentrated float64 `json:"hhi"`
}

// OutageTruth is a window in which one exporter reported nothing.
type OutageTruth struct {
	Country  string `json:"country"`
	Exporter string `json:"exporter"`
	First    string `json:"first"`
	Last     string `json:"last"`
}

const truthMethod = "effect_log: mean over 7 days of log expected users of circumvention (tunnels, and proxies to the banned service) " +
	"with all effects over those without any; " +
	"low, high: 2.5 and 97.5 % of the estimate (same-weekday medians of the 28 days before, mean of the 7 log residuals) " +
	"over replicates of noise and counts, widened to hold the value"

func (g *Generator) dateText(day int) string { return g.scenario.date(day).Format(time.DateOnly) }

// Truth counts what the generator makes and says what it was made with.
func (g *Generator) Truth() Truth {
	s := &g.scenario
	t := Truth{Simulated: true, Scenario: s.Name, Seed: g.seed, Scale: g.scale, Method: truthMethod}
	if g.world == nil {
		return t
	}
	for day := range s.Days() {
		t.Dates = append(t.Dates, g.dateText(day))
	}
	t.Countries = g.count(0, s.Days())
	t.Effects = g.effects(t.Countries)
	t.Survival, t.Adoption = g.survival(), g.adoption()
	t.Enforcement = g.enforcement()
	t.Churn = g.churn()
	t.BlockList = g.blockList()
	t.Collateral = g.collateral(t.Countries[s.country(s.Ban.Country)])
	t.Blocking = []BlockingTruth{
		{Country: s.Ban.Country, Method: "address", Fails: g.meanEnforcement(), Failed: g.failedTries(t.Countries[s.country(s.Ban.Country)])},
		{Country: s.Pattern.Country, Method: "pattern", Tool: s.Pattern.Tool, Fails: s.Pattern.Fails},
	}
	for _, links := range g.topology() {
		t.Topology = append(t.Topology, links.truth())
	}
	for n := range g.world.networks {
		net := &g.world.networks[n]
		for _, o := range s.Outages {
			if o.Country == s.Countries[net.country].Code && o.Network == net.number {
				t.Outages = append(t.Outages, OutageTruth{o.Country, net.name, o.First.Format(time.DateOnly), o.Last.Format(time.DateOnly)})
			}
		}
	}
	for _, a := range s.Artefacts {
		t.Artefacts = append(t.Artefacts, a.Date.Format(time.DateOnly))
	}
	return t
}

// count makes the sessions and messages of the days [first, end) once more and counts them.
func (g *Generator) count(first, end int) []CountryTruth {
	s, days := &g.scenario, g.scenario.Days()
	truths := make([]CountryTruth, len(s.Countries))
	for c := range truths {
		t := &truths[c]
		*t = CountryTruth{Country: s.Countries[c].Code, ToolUsers: map[string][]int{}}
		for _, column := range []*[]int{
			&t.VPNUsers, &t.VPNUsersObserved, &t.VPNUsersListed, &t.BannedUsers, &t.BannedDirect, &t.BannedProxied, &t.SubstituteUsers,
			&t.FlowRecords, &t.DNSRecords, &t.LegitimateQueries, &t.CollateralSoft, &t.CollateralHard,
			&t.WebBlocked, &t.WebBlockedFailed, &t.ServiceBlocked, &t.ServiceBlockedFail,
		} {
			*column = make([]int, days)
		}
		for _, tool := range s.Tools {
			t.ToolUsers[tool.Tool] = make([]int, days)
		}
	}
	sessions := newSessionMaker(s, g.world, g.demand, g.seed)
	queries := newQueryMaker(s, g.world, g.demand, g.seed)
	type seenKey struct {
		network, user int
		act           activity
		direct        bool
	}
	for day := first; day < end; day++ {
		for n := range g.world.networks {
			truths[g.world.networks[n].country].VPNUsers[day] += g.demand.users[tunnels][n][day]
		}
		seen := map[seenKey]bool{}
		isNew := func(k seenKey) bool { had := seen[k]; seen[k] = true; return !had }
		all := sessions.day(day)
		for i := range all {
			x := &all[i]
			t := &truths[g.world.networks[x.network].country]
			t.FlowRecords[day]++
			if x.answered {
				t.FlowRecords[day]++
			}
			isFirst := isNew(seenKey{x.network, x.user, x.act, false})
			switch x.act {
			case tunnels:
				if !isFirst {
					continue
				}
				t.VPNUsersObserved[day]++
				t.ToolUsers[s.Tools[x.tool].Tool][day]++
				if x.listed {
					t.VPNUsersListed[day]++
				}
			case bannedUse:
				if isFirst {
					t.BannedUsers[day]++
				}
				if x.proxied {
					t.BannedProxied[day]++
				} else if x.answered && isNew(seenKey{x.network, x.user, x.act, true}) {
					t.BannedDirect[day]++
				}
				tally(x, &t.ServiceBlocked[day], &t.ServiceBlockedFail[day])
			case substituteUse:
				t.SubstituteUsers[day]++
			case web:
				tally(x, &t.WebBlocked[day], &t.WebBlockedFailed[day])
			}
		}
		asked := queries.day(day)
		for i := range asked {
			q := &asked[i]
			t := &truths[g.world.networks[q.network].country]
			t.DNSRecords[day]++
			if q.domain < 0 {
				continue
			}
			t.LegitimateQueries[day]++
			listed := 0
			for _, a := range q.answers {
				if g.world.blocked.blocks(a, day) {
					listed++
				}
			}
			if listed > 0 {
				t.CollateralSoft[day]++
			}
			if listed > 0 && listed == len(q.answers) {
				t.CollateralHard[day]++
			}
		}
	}
	return truths
}

func tally(x *session, blocked, failed *int) {
	if x.blocked {
		*blocked++
		if !x.answered {
			*failed++
		}
	}
}

// failedTries is the share of the tries of the banned service at listed addresses that
// fail, over the first week.
func (g *Generator) failedTries(c CountryTruth) Estimate {
	first, failed, tried := g.scenario.day(g.scenario.Ban.Enforced), 0, 0
	for day := first; day < first+daysAfter; day++ {
		failed, tried = failed+c.ServiceBlockedFail[day], tried+c.ServiceBlocked[day]
	}
	return proportion(float64(failed), float64(tried))
}

// meanEnforcement is the degree over the banning country's clients.
func (g *Generator) meanEnforcement() float64 {
	sum := 0.0
	for i := range g.world.networks {
		sum += g.world.networks[i].enforces * g.world.networks[i].share
	}
	return sum
}

func (g *Generator) churn() ChurnTruth {
	t := ChurnTruth{SharesAfter: map[string]int{}}
	w, enforced := g.world, g.scenario.day(g.scenario.Ban.Enforced)
	var lifetimes, lags []float64
	for i := range w.service {
		e := &w.service[i]
		x := EndpointTruth{
			Address: e.addr.String(), Network: w.hosts[e.network].name, ASN: w.hosts[e.network].asn,
			First: g.dateText(e.first), Last: g.dateText(e.last),
		}
		found := w.blocked.firstBlocked(e.addr, e.first)
		if found >= 0 && found <= e.last {
			x.Blocked = g.dateText(found)
		}
		t.Endpoints = append(t.Endpoints, x)
		if e.first < enforced {
			continue
		}
		t.Arrivals++
		t.SharesAfter[x.Network]++
		if e.last < g.scenario.Days()-1 {
			lifetimes = append(lifetimes, float64(e.last-e.first+1))
		}
		if x.Blocked != "" {
			t.Blocked++
			lags = append(lags, float64(found-e.first))
		}
	}
	t.MedianLifetime, t.MedianLag = median(lifetimes), median(lags)
	t.Lifetime = g.lifetime(enforced)
	return t
}

// life is the days of one endpoint; ended is false where it outlives the simulation.
type life struct {
	days  int
	ended bool
}

// lifetime is the median of the endpoints that are new from the day on, with the middle
// 95 % of it over samples drawn from them with replacement.
func (g *Generator) lifetime(from int) Estimate {
	last := g.scenario.Days() - 1
	var lives []life
	for i := range g.world.service {
		if e := &g.world.service[i]; e.first >= from {
			lives = append(lives, life{e.last - e.first + 1, e.last < last})
		}
	}
	for range g.world.proxies { // listed earlier, used from the day on
		lives = append(lives, life{last - from + 1, false})
	}
	r := stream(g.seed, keyReplicates, 1<<23)
	sample, medians := make([]life, len(lives)), make([]float64, 0, replicateCount)
	for range replicateCount {
		for i := range sample {
			sample[i] = lives[r.intn(len(lives))]
		}
		medians = append(medians, medianLife(sample))
	}
	return around(medianLife(lives), medians)
}

// medianLife is the product-limit median (Kaplan and Meier 1958); the longest life where
// more than half outlive the simulation.
func medianLife(lives []life) float64 {
	slices.SortFunc(lives, func(a, b life) int { return a.days - b.days })
	share := 1.0
	for i := 0; i < len(lives); {
		days, ended, atRisk := lives[i].days, 0, len(lives)-i
		for ; i < len(lives) && lives[i].days == days; i++ {
			if lives[i].ended {
				ended++
			}
		}
		if share *= 1 - float64(ended)/float64(atRisk); share <= .5 {
			return float64(days)
		}
	}
	return float64(lives[len(lives)-1].days)
}

func (g *Generator) blockList() BlockListTruth {
	var t BlockListTruth
	for day := range g.scenario.Days() {
		rows := g.world.blocked.on(day)
		sum := 0
		for _, p := range rows {
			sum += 1 << (32 - p.Bits())
		}
		t.Rows = append(t.Rows, len(rows))
		t.Addresses = append(t.Addresses, g.world.blocked.addresses(day))
		t.PlainSum = append(t.PlainSum, sum)
	}
	return t
}

func (g *Generator) collateral(c CountryTruth) CollateralTruth {
	t := CollateralTruth{Of: len(g.world.domains)}
	first := g.scenario.day(g.scenario.Ban.Enforced)
	week := func(column []int) float64 {
		n := 0
		for _, x := range column[first : first+7] {
			n += x
		}
		return float64(n)
	}
	queries := week(c.LegitimateQueries)
	t.Soft = proportion(week(c.CollateralSoft), queries)
	t.Hard = proportion(week(c.CollateralHard), queries)
	t.Failed = proportion(week(c.WebBlockedFailed), week(c.WebBlocked))
	for i := range g.world.domains {
		listed := 0
		for _, a := range g.world.domains[i].v4 {
			if g.world.blocked.blocks(a, first+6) {
				listed++
			}
		}
		if listed > 0 {
			t.Domains[0]++
		}
		if listed == len(g.world.domains[i].v4) {
			t.Domains[1]++
		}
	}
	return t
}

// proportion is k of n with its 95 % Wilson interval.
func proportion(k, n float64) Estimate {
	if n == 0 {
		return Estimate{0, 0, 1}
	}
	const z = 1.959964
	p := k / n
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Estimate{p, centre - half, centre + half}
}

// median of the values, 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
