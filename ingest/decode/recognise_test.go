package decode

import (
	"errors"
	"strings"
	"testing"
)

func TestRecogniseMarks(t *testing.T) {
	row := "1523836800.5\tC1\t203.0.113.7\t0\t198.51.100.73\t0\tTunnel::GRE\tTunnel::DISCOVER\n"
	for _, c := range []struct {
		head, name string
		want       Format
	}{
		{"\xa1\xb2\xc3\xd4", "x", Pcap}, {"\xd4\xc3\xb2\xa1", "x", Pcap},
		{"\xa1\xb2\x3c\x4d", "x", Pcap}, {"\x4d\x3c\xb2\xa1", "x", Pcap},
		{"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a", "x", Pcap},
		{"\x0a\x0d\x0d\x0a\x00\x00\x00\x1c\x1a\x2b\x3c\x4d", "x", Pcap},
		{row, "tunnel.log", ZeekTunnel}, {row, "dir/tunnel.00-01.log", ZeekTunnel},
		{"\n\n{\"src_addr\":\"203.0.113.7\",\"cut", "x", Goflow2JSON},
	} {
		if got, err := Recognise([]byte(c.head), c.name); got != c.want {
			t.Errorf("%q named %s: %q, %v, want %s", c.head, c.name, got, err, c.want)
		}
	}
}

func TestRecogniseErrorsHelp(t *testing.T) {
	if _, err := Recognise(nil, "a.json"); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	for _, head := range []string{"hello\n", "\x00\x01\x02\x03garbage", "{\"x\":1}\n", "\n \n", "tunnels\n"} {
		_, err := Recognise([]byte(head), "tunnel.log")
		if err == nil || !strings.Contains(err.Error(), "--format") || !strings.Contains(err.Error(), "tunnel.log") {
			t.Errorf("%q: %v", head, err)
		}
		if err != nil && strings.Contains(err.Error(), "hello") {
			t.Errorf("%q: the error shows data: %v", head, err)
		}
	}
}
