package load

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// EnvPassword names the environment variable with the password of a server, for
// those who keep it out of the address. See [PasswordOf].
const EnvPassword = "BANSHIFT_STORE_PASSWORD"

// FileSuffix ends the name of a variable that names the file of a password.
const FileSuffix = "_FILE"

// PasswordOf gives the password in an environment variable, or in the file that the variable with [FileSuffix] names; its
// last line break is none of it. Both at once are an error, neither is an empty password.
func PasswordOf(variable string) (string, error) {
	password, path := os.Getenv(variable), os.Getenv(variable+FileSuffix)
	switch {
	case path == "":
		return password, nil
	case password != "":
		return "", fmt.Errorf("%s and %s are both set: set one", variable, variable+FileSuffix)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", variable+FileSuffix, err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// address is a parsed clickhouse:// address.
type address struct {
	host              string
	tcpPort, httpPort int
	user, password    string
	database          string
	secure            bool
	cluster           string
	// shards names the cluster over which the large tables lie; empty: one server has them, or the store says it.
	shards string
}

const wantAddress = "want clickhouse://user@host:9000/database[?secure=true&http_port=8123&cluster=NAME&shards=NAME]"

// isServer tells a server's address from a directory.
func isServer(dsn string) bool { return strings.Contains(dsn, "://") }

// parseAddress reads a clickhouse:// address. Its errors never hold the password.
func parseAddress(dsn string) (address, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return address{}, fmt.Errorf("store address is not a URL: %s", wantAddress) // err would quote the password
	}
	if u.Scheme != "clickhouse" {
		return address{}, fmt.Errorf("store address begins with %s://: %s, or a directory", u.Scheme, wantAddress)
	}
	a := address{host: u.Hostname(), user: u.User.Username(), database: strings.Trim(u.Path, "/")}
	if a.host == "" {
		return address{}, fmt.Errorf("store address %s has no host: %s", u.Redacted(), wantAddress)
	}
	if strings.Contains(a.database, "/") {
		return address{}, fmt.Errorf("store address %s: %q is no database: %s", u.Redacted(), a.database, wantAddress)
	}
	if a.user == "" {
		a.user = "default"
	}
	if a.database == "" {
		a.database = "banshift"
	}
	var given bool
	if a.password, given = u.User.Password(); !given {
		if a.password, err = PasswordOf(EnvPassword); err != nil {
			return address{}, err
		}
	}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch key {
		case "secure":
			a.secure, err = strconv.ParseBool(value)
		case "http_port":
			a.httpPort, err = parsePort(value)
		case "cluster":
			a.cluster = value
		case "shards":
			a.shards = value
		default:
			return address{}, fmt.Errorf("store address %s: unknown parameter %s: %s", u.Redacted(), key, wantAddress)
		}
		if err != nil {
			return address{}, fmt.Errorf("store address %s: %s=%s: %w", u.Redacted(), key, value, err)
		}
	}
	if a.cluster != "" && a.shards != "" {
		return address{}, fmt.Errorf("store address %s: cluster and shards do not go together: a shard is one server", u.Redacted())
	}
	a.tcpPort, a.httpPort, err = ports(u.Port(), a.httpPort, a.secure)
	if err != nil {
		return address{}, fmt.Errorf("store address %s: %w", u.Redacted(), err)
	}
	return a, nil
}

// ports fills in ClickHouse's default ports.
func ports(tcp string, httpPort int, secure bool) (int, int, error) {
	tcpPort := 9000
	if secure {
		tcpPort = 9440
	}
	if tcp != "" {
		var err error
		if tcpPort, err = parsePort(tcp); err != nil {
			return 0, 0, err
		}
	}
	switch {
	case httpPort != 0:
	case secure:
		httpPort = 8443
	default:
		httpPort = 8123
	}
	return tcpPort, httpPort, nil
}

func parsePort(s string) (int, error) {
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("port %q: want 1 to 65535", s)
	}
	return int(port), nil
}

func (a address) native() string { return net.JoinHostPort(a.host, strconv.Itoa(a.tcpPort)) }

func (a address) httpHost() string { return net.JoinHostPort(a.host, strconv.Itoa(a.httpPort)) }

func (a address) http() string {
	scheme := "http"
	if a.secure {
		scheme = "https"
	}
	return scheme + "://" + a.httpHost() + "/"
}
