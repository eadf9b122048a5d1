package engine

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/banshift/banshift/schemas/statements"
)

// Database is the only database that the embedded engine's users may touch.
const Database = "banshift"

// DashboardUser is the user as which the statements of dashboards run.
const DashboardUser = "dashboards"

// Conn is how to reach a running engine. It is kept in a file of mode 0600 next to
// the data, so that a second process of the same user can join.
type Conn struct {
	Host     string `json:"host"`
	HTTPPort int    `json:"http_port"`
	// TCPPort is for the native protocol; closed without [Options].Native.
	TCPPort int `json:"tcp_port"`
	// User writes; Reader may only SELECT from [Database], and [DashboardUser] only from those of its tables that have no client in them.
	User              string `json:"user"`
	Password          string `json:"password"`
	Reader            string `json:"reader"`
	ReaderPassword    string `json:"reader_password"`
	DashboardPassword string `json:"dashboard_password"`
	// PID is the engine's process.
	PID int `json:"pid"`
}

var configTemplate = template.Must(template.New("config.xml").Parse(`<clickhouse>
  <logger>
    <level>warning</level>
    <log>{{.Log}}</log>
    <errorlog>{{.Log}}.errors</errorlog>
    <size>10M</size>
    <count>3</count>
  </logger>
  <path>{{.Data}}/</path>
  <tmp_path>{{.Data}}/tmp/</tmp_path>
  <user_files_path>{{.Data}}/user_files/</user_files_path>
  <listen_host>127.0.0.1</listen_host>
  <tcp_port>{{.Conn.TCPPort}}</tcp_port>
  <http_port>{{.Conn.HTTPPort}}</http_port>
  <users_config>{{.Users}}</users_config>
  <user_directories><users_xml><path>{{.Users}}</path></users_xml></user_directories>
  <max_server_memory_usage>{{.MemoryBytes}}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <!-- A row is merged fewer times: with the default of 5, merging took more processor
       time than the inserts themselves (measured with batches of 40,000 records). -->
  <merge_tree><merge_selector_base>16</merge_selector_base></merge_tree>
  <!-- Inserts and queries go before merges, which somebody waits for only when parts pile up. -->
  <os_threads_nice_value_merge_mutate>10</os_threads_nice_value_merge_mutate>
  <!-- The engine must not look for cloud credentials on the network. -->
  <s3><use_environment_credentials>0</use_environment_credentials></s3>
  <!-- No system logs: they fail across restarts, and would keep the text of queries. -->
  <send_crash_reports><enabled>false</enabled></send_crash_reports>
</clickhouse>
`))

// usersTemplate holds hashes only: a query may be able to read files of the engine.
var usersTemplate = template.Must(template.New("users.xml").Parse(`<clickhouse>
  <profiles>
    <!-- A writer that stands still in the middle of an insert holds who takes over from it up. -->
    <default><http_receive_timeout>10</http_receive_timeout></default>
    <reader>
      <readonly>2</readonly>
      <max_execution_time>600</max_execution_time>
      <constraints>
        <readonly><const/></readonly>
        <max_execution_time><min>1</min><max>3600</max></max_execution_time>
        <timeout_overflow_mode><const/></timeout_overflow_mode>
      </constraints>
    </reader>
    <!-- One session: the engine's own. Nobody else gets in as its user. -->
    <keeper>
      <max_sessions_for_user>1</max_sessions_for_user>
      <constraints><max_sessions_for_user><const/></max_sessions_for_user></constraints>
    </keeper>
  </profiles>
  <quotas><default/></quotas>
  <users>
{{- if .Library}}
    <!-- libchdb's own session is this user, and it gives no password. -->
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>keeper</profile>
      <quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query><query>GRANT SELECT ON system.numbers</query></grants>
    </default>
{{- end}}
    <{{.Conn.User}}>
      <password_sha256_hex>{{.PasswordHash}}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </{{.Conn.User}}>
    <{{.Conn.Reader}}>
      <password_sha256_hex>{{.ReaderHash}}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>reader</profile>
      <quota>default</quota>
      <grants><query>GRANT SELECT ON {{.Database}}.*</query></grants>
    </{{.Conn.Reader}}>
{{- if .Conn.DashboardPassword}}
    <{{.Dashboards}}>
      <password_sha256_hex>{{.DashboardHash}}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>reader</profile>
      <quota>default</quota>
      <grants>{{range .DashboardGrants}}<query>{{.}}</query>{{end}}</grants>
    </{{.Dashboards}}>
{{- end}}
  </users>
</clickhouse>
`))

// DashboardGrants are what [DashboardUser] may, each a statement GRANT without its TO.
func DashboardGrants() []string {
	return strings.Split(strings.TrimSpace(statements.DashboardGrants), "\n")
}

// writeConfig writes config.xml and users.xml, mode 0600, for a start on conn.
func (l layout) writeConfig(conn Conn, library bool, memoryBytes int64) error {
	values := struct {
		Conn                      Conn
		Data, Log, Users          string
		PasswordHash, ReaderHash  string
		Dashboards, DashboardHash string
		DashboardGrants           []string
		MemoryBytes               int64
		Database                  string
		Library                   bool
	}{
		Conn: conn, Data: l.data, Log: l.log(), Users: l.users(),
		PasswordHash: sha256Hex(conn.Password), ReaderHash: sha256Hex(conn.ReaderPassword),
		Dashboards: DashboardUser, DashboardHash: sha256Hex(conn.DashboardPassword), DashboardGrants: DashboardGrants(),
		MemoryBytes: memoryBytes, Database: Database, Library: library,
	}
	for path, tmpl := range map[string]*template.Template{l.config(): configTemplate, l.users(): usersTemplate} {
		var text bytes.Buffer
		if err := tmpl.Execute(&text, values); err != nil {
			return fmt.Errorf("engine configuration: %w", err)
		}
		if err := writePrivate(path, text.Bytes()); err != nil {
			return fmt.Errorf("engine configuration: %w", err)
		}
	}
	return nil
}

// writePrivate replaces path by a file of mode 0600.
func writePrivate(path string, text []byte) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// newPassword gives 256 random bits in hexadecimal.
func newPassword() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}

// layout is where things are under the store's directory.
type layout struct{ root, data, run, logs string }

func layoutOf(root string) layout {
	return layout{
		root: root,
		data: filepath.Join(root, "engine"),
		run:  filepath.Join(root, "run"),
		logs: filepath.Join(root, "log"),
	}
}

func (l layout) lock() string       { return filepath.Join(l.root, "lock") }
func (l layout) config() string     { return filepath.Join(l.run, "config.xml") }
func (l layout) users() string      { return filepath.Join(l.run, "users.xml") }
func (l layout) connection() string { return filepath.Join(l.run, "connection.json") }
func (l layout) log() string        { return filepath.Join(l.logs, "engine.log") }
func (l layout) output() string     { return filepath.Join(l.logs, "engine.out") }

// make creates the directories, readable by the owner only.
func (l layout) make() error {
	for _, dir := range []string{l.root, l.data, l.run, l.logs} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("store directory: %w", err)
		}
	}
	return nil
}
