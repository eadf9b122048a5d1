package simulate

import (
	"bytes"
	"fmt"
)

// Generator makes the telemetry of one scenario, seed and scale. The same three give the
// same bytes. It is not safe for concurrent use.
type Generator struct {
	scenario Scenario
	seed     uint64
	scale    float64
	world    *world
	demand   *demand
}

// New draws the world of a scenario. scale multiplies the number of users.
func New(s Scenario, seed uint64, scale float64) (*Generator, error) {
	if !(scale > 0) {
		return nil, fmt.Errorf("scale %v: want a positive number", scale)
	}
	g := &Generator{scenario: s, seed: seed, scale: scale}
	if s.Uniform != nil {
		return g, nil
	}
	g.world = newWorld(&g.scenario, seed)
	for i := range g.world.networks {
		net := &g.world.networks[i]
		c := &s.Countries[net.country]
		for a := range activities {
			if most := c.rate(a) * net.share * scale * 3; most > panelSize {
				return nil, fmt.Errorf("scale %v: %s would have more users than the %d addresses of a panel; use at most %.3g",
					scale, net.name, panelSize, scale*panelSize/most)
			}
		}
	}
	g.demand = newDemand(&g.scenario, g.world, seed, scale)
	return g, nil
}

// Flows gives every flow record as goflow2 JSON, a line with its newline at a time, in
// the order of export. The line is valid until yield returns; an error of yield ends it.
func (g *Generator) Flows(yield func(line []byte) error) error {
	if g.scenario.Uniform != nil {
		return g.uniform(yield)
	}
	return g.flowDays(func(_ int, block []byte) error { return eachLine(block, yield) })
}

// DNS gives every DNS message as DNS-collector JSON, as [Generator.Flows] does. A
// throughput scenario has none.
func (g *Generator) DNS(yield func(line []byte) error) error {
	if g.scenario.Uniform != nil {
		return nil
	}
	return g.dnsDays(func(_ int, block []byte) error { return eachLine(block, yield) })
}

// flowDays gives the records of each day in one block of lines.
func (g *Generator) flowDays(yield func(day int, block []byte) error) error {
	sessions := newSessionMaker(&g.scenario, g.world, g.demand, g.seed)
	writer := newFlowWriter(g.world.networks)
	var block []byte
	for day := range g.scenario.Days() {
		block = block[:0]
		all := sessions.day(day)
		for i := range all {
			block = writer.append(block, &all[i])
		}
		if err := yield(day, block); err != nil {
			return err
		}
	}
	return nil
}

// dnsDays gives the messages of each day in one block of lines.
func (g *Generator) dnsDays(yield func(day int, block []byte) error) error {
	queries := newQueryMaker(&g.scenario, g.world, g.demand, g.seed)
	var block []byte
	for day := range g.scenario.Days() {
		block = block[:0]
		all := queries.day(day)
		for i := range all {
			block = all[i].append(block, g.world.networks)
		}
		if err := yield(day, block); err != nil {
			return err
		}
	}
	return nil
}

func eachLine(block []byte, yield func([]byte) error) error {
	for len(block) > 0 {
		end := bytes.IndexByte(block, '\n')
		if err := yield(block[:end+1]); err != nil {
			return err
		}
		block = block[end+1:]
	}
	return nil
}
