// Package simulate makes telemetry of a ban from a seed: flow records as goflow2 prints
// them, DNS messages as DNS-collector prints them, the lists, networks, block lists and
// topology that go with them, and a file that says what is true in it.
//
// It shares no constant with the rules that will judge its output: addresses, ports of
// providers, names, sizes and times are drawn from the seed. Clients live in 100.64.0.0/10
// and 2001:db8::/32, servers in 240.0.0.0/4, sensors in 198.18.0.0/15: space that no
// operator routes. It must never make a record, a file or a name that could be taken for
// a measurement: each says that it is simulated.
package simulate
