package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
	"github.com/banshift/banshift/load/engine/servertest"
)

// composed is what a compose file says of services and secrets.
type composed struct {
	Services map[string]struct {
		Image, User, Restart string
		ReadOnly             bool     `yaml:"read_only"`
		CapDrop              []string `yaml:"cap_drop"`
		SecurityOpt          []string `yaml:"security_opt"`
		NetworkMode          string   `yaml:"network_mode"`
		MemLimit             string   `yaml:"mem_limit"`
		Command              []string
		Environment          map[string]string
		Secrets, Ports       []string
		Volumes              []string
		DependsOn            map[string]any `yaml:"depends_on"`
	}
	Volumes map[string]any
	Secrets map[string]struct{ File string }
}

const composeDir = "../../deploy/compose"

func compose(t *testing.T) (c composed) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(composeDir, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestComposeIsHardened: every service has a version, no rights that it does not need, and nothing is reached from outside;
// what a service mounts, uses or waits for is there.
func TestComposeIsHardened(t *testing.T) {
	c := compose(t)
	for name, s := range c.Services {
		own := s.Image == "banshift"
		if !own && !regexp.MustCompile(`:v?\d+\.\d+`).MatchString(s.Image) {
			t.Errorf("%s: image %q has no version", name, s.Image)
		}
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s keeps rights: %v %v", name, s.CapDrop, s.SecurityOpt)
		}
		if own && (s.User == "" || strings.HasPrefix(s.User, "0")) {
			t.Errorf("%s runs as user %q", name, s.User)
		}
		if s.Restart != "no" && (!s.ReadOnly || s.MemLimit == "") {
			t.Errorf("%s: read-only %v, memory %q", name, s.ReadOnly, s.MemLimit)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to others", name, port)
			}
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if _, named := c.Volumes[source]; named {
				continue
			}
			if _, err := os.Stat(filepath.Join(composeDir, source)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s: secret %s is nowhere", name, secret)
			}
		}
		for other := range s.DependsOn {
			if _, there := c.Services[other]; !there {
				t.Errorf("%s waits for %s, which is nowhere", name, other)
			}
		}
		for key, value := range s.Environment {
			if strings.Contains(key, "PASSWORD") && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("%s: %s is no file of a secret", name, key)
			}
		}
	}
}

// TestSecretsAreMade: the script makes each secret that the file names, once, and no other.
func TestSecretsAreMade(t *testing.T) {
	dir := t.TempDir()
	script, err := os.ReadFile(filepath.Join(composeDir, "secrets.sh"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "secrets.sh")
	if err := os.WriteFile(path, script, 0o700); err != nil {
		t.Fatal(err)
	}
	var made []map[string]string
	for range 2 {
		if out, err := exec.Command(path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		files := map[string]string{}
		for name, secret := range compose(t).Secrets {
			text, err := os.ReadFile(filepath.Join(dir, secret.File))
			if err != nil || len(text) != 32 {
				t.Errorf("%s: %d bytes, %v", name, len(text), err)
			}
			files[name] = string(text)
		}
		made = append(made, files)
	}
	for name, text := range made[0] {
		if text != made[1][name] {
			t.Errorf("%s is made anew", name)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "secrets")); err != nil || len(entries) != len(made[0]) {
		t.Errorf("%v %v", entries, err)
	}
}

// TestComposeWithBinaries runs what the compose file says with programs in place of containers: a broker and a server of their
// own, then the commands of the follower and of the page. What is written into the topic comes to the page.
func TestComposeWithBinaries(t *testing.T) {
	needEngine(t)
	broker, server := brokertest.Start(t), servertest.Start(t)
	dir := t.TempDir()
	address := regexp.MustCompile(`@(127\.0\.0\.1:\d+)/banshift\?http_port=(\d+)`).FindStringSubmatch(server.DSN("banshift"))
	config, err := os.ReadFile(filepath.Join(composeDir, "banshift.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "banshift.yaml")
	here := strings.NewReplacer("/var/lib/banshift", dir, "listen: 127.0.0.1:9464", "listen: unix:"+filepath.Join(dir, "metrics.sock"))
	clients := "home: [100.64.0.0/10]\nnetworks: [{path: networks.csv}]\n"
	if err := os.WriteFile(own, []byte(here.Replace(string(config))+clients), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "networks.csv"), []byte("prefix,asn,country\n100.64.0.0/10,64500,ru\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "lists"), 0o700); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil { // the server of the tests asks for none
		t.Fatal(err)
	}
	place := strings.NewReplacer("kafka:9092", broker.Addr, "banshift_reader@", "banshift@", "clickhouse:9000", address[1], "127.0.0.1:9000", address[1], "http_port=8123", "http_port="+address[2],
		"/etc/banshift/banshift.yaml", own, "127.0.0.1:8080", "127.0.0.1:0")
	services := compose(t).Services
	start := func(name string) *logBuffer {
		t.Helper()
		var args []string
		for _, arg := range services[name].Command {
			args = append(args, place.Replace(arg))
		}
		process := exec.Command(os.Args[0], args...)
		process.Env = append(os.Environ(), runEnv+"="+filepath.Join(dir, "peak-"+name))
		for key, value := range services[name].Environment {
			if strings.HasPrefix(value, "/run/secrets/") {
				value = secret
			}
			if key == "BANSHIFT_METRICS_LISTEN" {
				value = "unix:" + filepath.Join(dir, "page.sock")
			}
			process.Env = append(process.Env, key+"="+value)
		}
		log := &logBuffer{}
		process.Stdout, process.Stderr = log, log
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			process.Process.Signal(os.Interrupt)
			if err := process.Wait(); err != nil || t.Failed() {
				t.Errorf("%s: %v\n%s", name, err, log.String())
			}
		})
		return log
	}
	topics := services["topics"].Command
	partitions := topics[slices.Index(topics, "--partitions")+1]
	makeTopic(t, broker.Addr, topics[slices.Index(topics, "--topic")+1], partitions)
	began := time.Now()
	start("follow")
	page := start("page")
	execute(t, "", "simulate", "--scenario", "uniform", "--records", "5000", "--out", broker.URI("flows", "")).must(t)
	fetch := pageAt(t, page)
	for !strings.Contains(string(fetch("/api/daily?country=ru")), `"clients"`) {
		if time.Since(began) > 5*time.Minute {
			t.Fatal("nothing of it is on the page after five minutes")
		}
		time.Sleep(time.Second)
	}
	t.Logf("on the page after %s", time.Since(began).Round(time.Second))
}

// makeTopic makes the topic that the file's own command makes.
func makeTopic(t *testing.T, address, topic, partitions string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if partitions != "8" {
		t.Errorf("%s partitions", partitions)
	}
	conn, err := kafkago.DialContext(ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.CreateTopics(kafkago.TopicConfig{Topic: topic, NumPartitions: 8, ReplicationFactor: 1}); err != nil {
		t.Fatal(err)
	}
}

// pageAt waits until the page says where it is, and gives what fetches from it.
func pageAt(t *testing.T, log *logBuffer) func(path string) []byte {
	t.Helper()
	address := regexp.MustCompile(`serving (http://\S+)`)
	for range 600 {
		if found := address.FindStringSubmatch(log.String()); found != nil {
			return visit(t, t.Context(), found[1], "")
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the page does not begin: %s", log.String())
	return nil
}
