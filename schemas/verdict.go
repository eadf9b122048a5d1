package schemas

import "github.com/apache/arrow/go/v15/arrow"

// VerdictFields are the columns that classification appends to a flow batch, in
// this order, after whatever enrichment appended.
//
//	server_asn  network of the server, 0 where unknown
//	tool        protocol axis: openvpn, wireguard, …, "none" or a parent class (vpn, proxy)
//	service     service axis: mullvad, telegram, …, empty where unknown
//	category    vpn, proxy, anonymity, encrypted_dns, messenger, mesh, tunnel, none
//	p           probability of the tool, 0 to 1
//	level       [Level]
//	evidence    indexes of the rules that fired, into the pack named by metadata key "pack"
var VerdictFields = []arrow.Field{
	{Name: "server_asn", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "tool", Type: utf8Dict},
	{Name: "service", Type: utf8Dict},
	{Name: "category", Type: utf8Dict},
	{Name: "p", Type: arrow.PrimitiveTypes.Float32},
	{Name: "level", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "evidence", Type: arrow.ListOf(arrow.PrimitiveTypes.Uint16)},
}

// MetaPack and MetaLists are the schema metadata keys that carry the versions of
// the rule pack ("name@semver+sha256 prefix") and of the lists a batch was made with.
const (
	MetaPack  = "pack"
	MetaLists = "lists"
)
