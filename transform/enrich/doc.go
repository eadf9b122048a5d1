// Package enrich says of a flow's server what was published about it at the flow's
// own date: network, country, and the lists (VPN, cloud, Tor, DoH, provider) that
// hold its address or its server name.
//
// It must never match an entry outside its validity, and never read a client address
// from a batch: there is none.
package enrich
