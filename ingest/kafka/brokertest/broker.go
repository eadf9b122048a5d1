// Package brokertest runs a real Kafka broker for tests: one KRaft node on free ports
// of the loopback interface, from the jars that `make broker` keeps in the cache.
//
// It must never be part of the program.
package brokertest

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/banshift/banshift/deploy/parts"
)

// Version is the broker's release, as deploy/parts/broker pins it.
const Version = "4.4.0"

// clusterID is 16 bytes in base64; every broker of the tests has the same.
const clusterID = "MkU3OEVBNTcwNTJENDM2Qk"

//go:embed log4j2.xml
var log4j2 []byte

// Credentials of a broker with TLS.
const (
	User     = "alice"
	Password = "alice-secret"
)

// Option changes a broker.
type Option func(*Broker)

// WithSASL adds a listener with TLS and SCRAM-SHA-512 for [User] and [Password].
func WithSASL() Option { return func(b *Broker) { b.sasl = true } }

// WithName has the plain listener be known by a name of 127.0.0.1.
func WithName(name string) Option {
	return func(b *Broker) { b.Addr = strings.Replace(b.Addr, "127.0.0.1", name, 1) }
}

// Broker is a running broker. It is stopped when the test ends.
type Broker struct {
	// Addr is host:port of the plain listener.
	Addr string
	// SecureAddr is host:port of the TLS and SASL listener, CAFile its authority; empty without [WithSASL].
	SecureAddr, CAFile string

	t          testing.TB
	jars       string // the folder that make broker fills
	dir        string
	controller string
	sasl       bool
	process    *exec.Cmd
	exited     chan struct{}
}

// Start starts a broker, or skips the test where Java or the jars are absent.
func Start(t testing.TB, options ...Option) *Broker {
	t.Helper()
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("real broker: java is absent")
	}
	cache, err := parts.Cache()
	if err != nil {
		t.Fatal(err)
	}
	jars := filepath.Join(cache, "broker", Version)
	if _, err := os.Stat(jars); err != nil {
		t.Skip("real broker: its jars are absent; run make broker")
	}
	b := &Broker{t: t, jars: jars, dir: t.TempDir(), Addr: freeAddr(t), controller: freeAddr(t)}
	for _, o := range options {
		o(b)
	}
	b.configure()
	b.format()
	b.Restart()
	t.Cleanup(b.Stop)
	return b
}

// URI is the address of a topic on the plain listener.
func (b *Broker) URI(topic, query string) string {
	return "kafka://" + b.Addr + "/" + topic + "?" + query
}

// LogDir is where the broker keeps the log of a partition.
func (b *Broker) LogDir(topic string, partition int32) string {
	return filepath.Join(b.path("data"), fmt.Sprintf("%s-%d", topic, partition))
}

// Kill9 ends the broker as a crash would.
func (b *Broker) Kill9() {
	b.t.Helper()
	b.end(syscall.SIGKILL)
}

// Stop ends the broker in order.
func (b *Broker) Stop() {
	b.t.Helper()
	b.end(syscall.SIGTERM)
}

func (b *Broker) end(signal syscall.Signal) {
	if b.process == nil {
		return
	}
	_ = b.process.Process.Signal(signal)
	select {
	case <-b.exited:
	case <-time.After(30 * time.Second):
		_ = b.process.Process.Kill()
		<-b.exited
	}
	b.process = nil
}

// Restart starts a broker that was ended, on the same addresses and data.
func (b *Broker) Restart() {
	b.t.Helper()
	b.process = b.java("-Xms64m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true",
		"-cp", b.classpath(), "kafka.Kafka", b.path("server.properties"))
	log := b.process.Stdout.(*os.File)
	if err := b.process.Start(); err != nil {
		b.t.Fatalf("start the broker: %v", err)
	}
	log.Close()
	b.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) {
		_ = process.Wait()
		close(exited)
	}(b.process, b.exited)
	if err := b.await(3 * time.Minute); err != nil {
		b.end(syscall.SIGKILL)
		b.t.Fatalf("broker: %v\n%s", err, b.logTail())
	}
}

// await waits until the broker answers and has a controller.
func (b *Broker) await(limit time.Duration) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		select {
		case <-b.exited:
			return errors.New("ended by itself")
		default:
		}
		conn, err := kafkago.Dial("tcp", b.Addr)
		if err != nil {
			continue
		}
		_, err = conn.Controller()
		conn.Close()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("did not answer within %s", limit)
}

func (b *Broker) configure() {
	listeners := "PLAINTEXT://" + b.Addr
	lines := []string{
		"process.roles=broker,controller", "node.id=1",
		"controller.quorum.voters=1@" + b.controller, "controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
		"inter.broker.listener.name=PLAINTEXT", "log.dirs=" + b.path("data"),
		"num.partitions=4", "auto.create.topics.enable=false", "group.initial.rebalance.delay.ms=0",
		"offsets.topic.num.partitions=4", "offsets.topic.replication.factor=1",
		"transaction.state.log.num.partitions=4", "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
		"share.coordinator.state.topic.num.partitions=4", "share.coordinator.state.topic.replication.factor=1", "share.coordinator.state.topic.min.isr=1",
		"num.network.threads=2", "num.io.threads=4", "log.cleaner.dedupe.buffer.size=16777216",
	}
	if b.sasl {
		b.SecureAddr, b.CAFile = freeAddr(b.t), b.path("ca.pem")
		listeners += ",SASL_SSL://" + b.SecureAddr
		writeCertificates(b.t, b.CAFile, b.path("keystore.pem"))
		lines = append(lines, "sasl.enabled.mechanisms=SCRAM-SHA-512",
			"listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
			"listener.name.sasl_ssl.ssl.keystore.type=PEM", "listener.name.sasl_ssl.ssl.keystore.location="+b.path("keystore.pem"))
	}
	lines = append(lines, "advertised.listeners="+listeners, "listeners="+listeners+",CONTROLLER://"+b.controller)
	b.write("server.properties", []byte(strings.Join(lines, "\n")+"\n"))
	b.write("log4j2.xml", log4j2)
}

// format writes the identity of the node and its users into its folder.
func (b *Broker) format() {
	args := []string{"-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", b.classpath(),
		"kafka.tools.StorageTool", "format", "-t", clusterID, "-c", b.path("server.properties")}
	if b.sasl {
		args = append(args, "--add-scram", "SCRAM-SHA-512=[name="+User+",password="+Password+"]")
	}
	cmd := b.java(args...)
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("format the broker's folder: %v\n%s", err, b.logTail())
	}
}

// java prepares a command that logs into the broker's folder.
func (b *Broker) java(args ...string) *exec.Cmd {
	log, err := os.OpenFile(b.path("broker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command("java", args...)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd
}

// logTail is the end of the broker's log.
func (b *Broker) logTail() string {
	f, err := os.Open(b.path("broker.log"))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 4096 {
		_, _ = f.Seek(-4096, io.SeekEnd)
	}
	tail, _ := io.ReadAll(f)
	return string(tail)
}

func (b *Broker) classpath() string {
	return b.dir + string(os.PathListSeparator) + filepath.Join(b.jars, "*")
}

func (b *Broker) path(name string) string { return filepath.Join(b.dir, name) }

func (b *Broker) write(name string, content []byte) {
	if err := os.WriteFile(b.path(name), content, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// freeAddr gives an address of the loopback interface that nobody listens on.
func freeAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
