package simulate

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// Newcomers is a world of servers whose traffic is random bytes, most of them ordinary ones that nobody knows, with
// events on known days. Sizes are shares of a country's clients.
type Newcomers struct {
	Countries, Days int
	Clients         float64 // of the median country a day
	Servers         int     // ordinary ones that are there on a day
	LifetimeDays    float64 // of these, on average
	Least           float64 // share of the smallest one's users
	Tail            float64 // exponent of the Pareto distribution of shares
	Local           float64 // share of servers that one country uses alone
	Sudden          float64 // share of servers that have all their users from the first day; the others gain them over two weeks
	Events          []Launch
	OnePeer         OnePeer
}

// OnePeer is how many uses of a server are such that nearly all bytes of the client's hour go there; of the others it
// has few. None are if nothing is said.
type OnePeer struct{ Ordinary, Tunnel float64 }

// Launch is something that begins on a day.
type Launch struct {
	What    string // for the table
	Country int    // whose clients use it; -1: all countries
	Day     int
	Days    int     // that it lasts; 0: to the end
	Share   float64 // of the clients that use it once it is known
	Grow    float64 // days of its e-folding growth to that; 0: at once
	Servers int     // networks that it is spread over
	Move    int     // days after which each moves to another network; 0: never
	Abroad  float64 // share of other countries' clients, relative to Share
	Sensors float64 // instead of a service: factor of the country's clients that are seen from then on
	Tool    bool    // whether it is what is looked for
	Tunnel  bool    // whether its clients send through it what they send
	Used    float64 // share of the country's clients that use its networks for something else, all the time
}

// DefaultNewcomers is the world of docs/accuracy.md, without events.
func DefaultNewcomers() Newcomers {
	return Newcomers{Countries: 16, Days: 66, Clients: 1000, Servers: 50, LifetimeDays: 60, Least: .002, Tail: 1.3, Local: .5, Sudden: .4}
}

// Encounters are the flows of one day as the privacy gate hands them on.
type Encounters struct {
	Day   int
	Date  time.Time
	Flows arrow.Record
	// Users is how many clients of each country used what is looked for on the day.
	Users []int
}

// Bytes of a flow to a server whose bytes are random, and of what else the client does in that hour.
const (
	usedBytes = 64_000
	manyBytes = 10 * usedBytes
	fewBytes  = usedBytes / 10
)

// otherNet is the network of whatever else clients do.
const otherNet = 0xfffff

// newcomer is one server network of the world.
type newcomer struct {
	net        uint32
	country    int // -1: all
	first, end int
	share      float64
	ramp       float64
}

// NewcomersStart is the first day of such a world.
var NewcomersStart = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)

// Each gives the days of the world of a seed one after the other. The record is valid until yield returns.
func (n Newcomers) Each(seed uint64, yield func(Encounters) error) error {
	w := n.draw(seed)
	b := schemas.NewFlowBuilder(memory.DefaultAllocator, 1<<14)
	defer b.Release()
	for day := range n.Days {
		e := Encounters{Day: day, Date: NewcomersStart.AddDate(0, 0, day), Users: make([]int, n.Countries)}
		r := stream(seed, keyNewcomers, uint64(day)+1)
		for c := range n.Countries {
			e.Users[c] = n.addCountry(b, &r, w, c, day, e.Date)
		}
		e.Flows = b.Record()
		err := yield(e)
		e.Flows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// newcomersWorld is what the seed draws once.
type newcomersWorld struct {
	servers []newcomer
	sizes   []float64   // clients of each country
	noise   [][]float64 // log deviation by country and day
}

func (n Newcomers) draw(seed uint64) *newcomersWorld {
	r := stream(seed, keyNewcomers)
	w := &newcomersWorld{}
	for range n.Countries {
		w.sizes = append(w.sizes, n.Clients*math.Exp(.7*r.normal()))
		noise, x := make([]float64, n.Days), .03*r.normal()
		for day := range noise {
			x = .5*x + .026*r.normal()
			noise[day] = x + []float64{0, .01, .01, 0, .03, -.02, -.04}[day%7]
		}
		w.noise = append(w.noise, noise)
	}
	// As many are born a day as leave, from long before the first day on.
	born := float64(n.Servers) / n.LifetimeDays
	for day := -int(4 * n.LifetimeDays); day < n.Days; day++ {
		for range r.poisson(born) {
			s := newcomer{net: uint32(len(w.servers)), first: day, end: day + 1 + int(r.exponential(n.LifetimeDays)), country: -1}
			s.share = min(.2, n.Least*math.Pow(1-r.float(), -1/n.Tail))
			if r.chance(n.Local) {
				s.country = r.intn(n.Countries)
			}
			if !r.chance(n.Sudden) {
				s.ramp = 14
			}
			w.servers = append(w.servers, s)
		}
	}
	return w
}

// addCountry adds the flows of a country's day, and gives how many clients used what is looked for.
func (n Newcomers) addCountry(b *schemas.FlowBuilder, r *random, w *newcomersWorld, country, day int, date time.Time) int {
	clients := w.sizes[country] * math.Exp(w.noise[country][day])
	for _, l := range n.Events {
		if l.Sensors > 0 && l.Country == country && day >= l.Day {
			clients *= l.Sensors
		}
	}
	all := max(1, r.poisson(clients))
	code := []byte{'a' + byte(country/26), 'a' + byte(country%26)}
	add := func(client int, net uint32, random bool, ms int, bytes uint64) {
		row, at := b.Len(), date.UnixMilli()+int64(ms)
		b.Start.Append(at)
		b.End.Append(at + 60_000)
		b.Client.Append(uint64(country)<<40 | uint64(day)<<24 | uint64(client))
		b.ClientPort.Append(40000)
		b.ClientCountry.Append(code)
		b.ClientASN.Append(4200000000 + uint32(country))
		server := [16]byte{10: 0xff, 11: 0xff}
		binary.BigEndian.PutUint32(server[12:], 240<<24|net<<8|7)
		b.Server.Append(server)
		b.ServerPort.Append(443)
		b.Protocol.Append(tcp)
		b.BytesUp.Append(bytes / 16)
		b.BytesDown.Append(bytes - bytes/16)
		b.PacketsUp.Append(30)
		b.PacketsDown.Append(50)
		b.TCPFlags.Append(0x1b)
		b.SamplingRate.Append(1)
		b.LenSemantics.Append(uint8(schemas.LenL4Payload))
		b.Exporter.Append([]byte("simulated"))
		b.Source.Append([]byte("newcomers"))
		b.Partition.Append(0)
		b.Offset.Append(int64(row))
		b.Orientation.Append(0)
		b.Records.Append(1)
		b.Simulated.Append(true)
		signatures := schemas.SignaturesOf(schemas.SigTLS)
		if random {
			signatures = schemas.SignaturesOf(schemas.SigFullyEncrypted)
		}
		b.AppendSeen(row, signatures, schemas.TraitInspected)
	}
	peers := stream(r.state, keyOnePeer) // of its own: the uses are the same with it and without
	use := func(client int, net uint32, tunnel bool) {
		at, rest := r.intn(86_000_000), uint64(manyBytes)
		if n.OnePeer.has(&peers, tunnel) {
			rest = fewBytes
		}
		add(client, net, true, at, usedBytes)
		add(client, otherNet, false, at, rest)
	}
	for c := range (all + 9) / 10 { // what the rest did is not needed
		add(10*c, otherNet, false, r.intn(86_000_000), fewBytes)
	}
	for i := range w.servers {
		s := &w.servers[i]
		if day < s.first || day >= s.end || s.country >= 0 && s.country != country {
			continue
		}
		share := s.share
		if s.ramp > 0 {
			share *= min(1, float64(day-s.first+1)/s.ramp)
		}
		for range min(all, r.poisson(share*float64(all))) {
			use(r.intn(all), s.net, false)
		}
	}
	users := map[int]bool{}
	for i, l := range n.Events {
		if l.Country == country {
			for range r.poisson(l.Used * float64(all)) {
				use(r.intn(all), l.net(i, r.intn(l.Servers)), false)
			}
		}
		share := l.share(country, day)
		if share == 0 {
			continue
		}
		for range min(all, r.poisson(share*float64(all))) {
			client, server := r.intn(all), r.intn(l.Servers)
			if l.Move > 0 {
				server += l.Servers * ((day - l.Day) / l.Move)
			}
			use(client, l.net(i, server), l.Tunnel)
			if l.Tool && country == l.Country {
				users[client] = true
			}
		}
	}
	return len(users)
}

// net is the number of one of its networks, i being its own.
func (l Launch) net(i, server int) uint32 { return uint32(0xa0000 + i<<12 + server) }

// has draws whether a use of a server is one of these.
func (o OnePeer) has(r *random, tunnel bool) bool {
	if tunnel {
		return r.chance(o.Tunnel)
	}
	return r.chance(o.Ordinary)
}

// share is the part of a country's clients that use what was launched on a day.
func (l Launch) share(country, day int) float64 {
	if l.Sensors > 0 || day < l.Day || l.Days > 0 && day >= l.Day+l.Days {
		return 0
	}
	share := l.Share
	if l.Grow > 0 {
		share *= 1 - math.Exp(-float64(day-l.Day+1)/l.Grow)
	}
	if l.Country >= 0 && l.Country != country {
		share *= l.Abroad
	}
	return share
}

// Codes are the codes of a world's countries.
func (n Newcomers) Codes() []string {
	codes := make([]string, n.Countries)
	for c := range codes {
		codes[c] = string([]byte{'a' + byte(c/26), 'a' + byte(c%26)})
	}
	return codes
}
