package simulate

import "net/netip"

// drawService lays out where the banned service is reached: its own prefixes, which are
// listed on the first day of enforcement, then a fleet of cloud addresses that arrive,
// are found and blocked, and leave.
func (w *world) drawService(s *Scenario, r random) {
	days, enforced := s.Days(), s.day(s.Ban.Enforced)
	own := w.cloudCount + bannedSpace
	add := func(e endpoint) {
		e.port, e.proto, e.tool, e.service = 443, tcp, -1, s.Services.Banned
		w.service = append(w.service, e)
	}
	for _, bits := range s.Endpoints.Own {
		prefix := netip.PrefixFrom(inside(&r, w.hosts[own].space), bits).Masked()
		for range s.Endpoints.OwnHosts {
			// Its own space stays in use for the rest of the world.
			add(endpoint{addr: inside(&r, prefix), last: days - 1, network: own})
		}
		w.blocked.entries = append(w.blocked.entries, blockEntry{prefix, enforced, days - 1})
	}
	for day := enforced; day < days; day++ {
		w.blocked.unions[day] = union(w.blocked.on(day))
	}
	live := 0
	var leaving []int // last days of the fleet
	for day := enforced; day < days; day++ {
		live = 0
		for _, last := range leaving {
			if last >= day {
				live++
			}
		}
		arrivals := r.poisson(float64(s.Endpoints.ArrivalsADay))
		for range max(arrivals, s.Endpoints.Fleet-live) {
			e := w.cloudEndpoint(s, &r, day)
			leaving = append(leaving, e.last)
			add(e)
		}
	}
	w.serviceByDay = make([][]int, days)
	for day := range days {
		for i := range w.service {
			if w.service[i].active(day) {
				w.serviceByDay[day] = append(w.serviceByDay[day], i)
			}
		}
	}
}

// cloudEndpoint draws one address of the fleet: exposed ones sit in space that the list
// takes within a week, the others where it never comes.
func (w *world) cloudEndpoint(s *Scenario, r *random, day int) endpoint {
	exposed := r.chance(s.Endpoints.Exposed)
	e := endpoint{first: day}
	for range 300 {
		network := r.intn(w.cloudCount)
		addr := inside(r, w.hosts[network].space)
		found := w.blocked.firstBlocked(addr, day)
		if found == day {
			continue // the service does not move to where it is blocked already
		}
		e.network, e.addr = network, addr
		if exposed == (found > day && found <= day+7) {
			break
		}
	}
	e.last = min(s.Days()-1, day+int(r.exponential(s.Endpoints.LifetimeDays)))
	if found := w.blocked.firstBlocked(e.addr, day); found >= 0 && found <= e.last {
		e.last = min(e.last, max(day, found+r.intn(s.Endpoints.LeaveAfterBlock+1)))
	}
	return e
}
