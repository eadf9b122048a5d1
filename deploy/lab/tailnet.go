//go:build ignore

// Tailnet is what stands on the server's side of a tailnet: a control server over HTTP,
// a relay (DERP) over TLS with a certificate of its own, and STUN.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/stunserver"
	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

func main() {
	address := flag.String("address", "", "address to listen on and to tell the nodes")
	control := flag.Int("control", 80, "TCP port of the control server")
	relay := flag.Int("relay", 443, "TCP port of the relay")
	stun := flag.Int("stun", 3478, "UDP port of STUN")
	flag.Parse()
	at := func(port int) string { return net.JoinHostPort(*address, strconv.Itoa(port)) }

	listener, err := net.Listen("tcp", at(*relay))
	if err != nil {
		log.Fatal(err)
	}
	https := httptest.NewUnstartedServer(derphttp.Handler(derp.NewServer(key.NewNode(), logger.Discard)))
	https.Listener.Close()
	https.Listener = listener
	https.Config.TLSNextProto = make(map[string]func(*http.Server, *tls.Conn, http.Handler))
	https.StartTLS()
	go func() { log.Fatal(stunserver.New(context.Background()).ListenAndServe(at(*stun))) }()

	node := &tailcfg.DERPNode{Name: "lab", RegionID: 1, HostName: *address, IPv4: *address, IPv6: "none", STUNPort: *stun, DERPPort: *relay, InsecureForTests: true, STUNTestIP: *address}
	if net.ParseIP(*address).To4() == nil {
		node.IPv4, node.IPv6 = "none", *address
	}
	server := &testcontrol.Server{
		DERPMap:         &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{1: {RegionID: 1, RegionCode: "lab", Nodes: []*tailcfg.DERPNode{node}}}},
		ExplicitBaseURL: "http://" + at(*control),
	}
	log.Fatal(http.ListenAndServe(at(*control), server))
}
