// Package lab_test holds the lab to its contract with the program: its labels are those that evaluate reads.
package lab_test

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/banshift/banshift/transform/classify/evaluate"
)

func python(t *testing.T, args ...string) []byte {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is absent: the lab needs it")
	}
	out, err := exec.Command(interpreter, append([]string{"-B"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

func TestLabWithoutRoot(t *testing.T) {
	python(t, "-m", "unittest", "discover", "-q")
}

func TestLabelsAreReadByEvaluate(t *testing.T) {
	csv := python(t, "-c", `
import flows
flows.write_labels("/dev/stdout", [["a.pcap", "udp", "10.0.0.1", 4000, "2001:db8::2", 51820, "wireguard", "vpn", 1], ["a.pcap", "other", "10.0.0.1", 0, "192.0.2.2", 0, "none", "none", 1]])`)
	labels, err := evaluate.ReadLabels(bytes.NewReader(csv))
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) != 2 || labels[0].Capture != "a.pcap" || labels[0].Tool != "wireguard" || labels[1].Tool != "none" {
		t.Errorf("read %+v", labels)
	}
}
