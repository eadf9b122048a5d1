package counts

// grouping is an index into groupings.
type grouping uint8

// by says what a grouping tells apart.
type by struct {
	name                             string
	network, tool, service, category bool
	sets                             bool // clients are told apart by the set of categories that they used
	levels                           bool // levels are told apart
	hourly                           bool // hours are counted, and not days alone
}

// all and network have the denominators.
const all, network = grouping(0), grouping(1)

// groupings are all there are. One that is added here is counted from the next counting on; `banshift
// recount` counts the days before it. A tool's category goes with it.
var groupings = [...]by{
	all:     {name: "all", hourly: true},
	network: {name: "network", network: true, hourly: true},
	2:       {name: "tool", tool: true, category: true, levels: true, hourly: true},
	3:       {name: "category", category: true, levels: true, hourly: true},
	4:       {name: "service", service: true},
	5:       {name: "tool_service", tool: true, service: true, levels: true},
	6:       {name: "category_service", category: true, service: true},
	7:       {name: "network_tool", network: true, tool: true, category: true, levels: true},
	8:       {name: "network_category", network: true, category: true, levels: true},
	9:       {name: "network_service", network: true, service: true},
	10:      {name: "categories", sets: true, levels: true, hourly: true},
	11:      {name: "tool_categories", tool: true, sets: true, levels: true},
	12:      {name: "network_categories", network: true, sets: true, levels: true},
}
