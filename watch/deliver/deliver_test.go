package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var message = Message{Subscription: "desk", Alarms: []Notice{{ID: "ru-1", About: "raised", Country: "ru", Kind: "rise", Began: time.Unix(1523887200, 0).UTC(), Raised: time.Unix(1523894400, 0).UTC(),
	Title: "Use in Côte d’Ivoire rose\r\nBcc: x@example.org", Text: "Since 14:00 UTC.\n.\nabout 120 clients"}}}

func TestWebhook(t *testing.T) {
	var got []byte
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirection was followed") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		case "/down":
			http.Error(w, "no", http.StatusBadGateway)
		default:
			got, _ = io.ReadAll(r.Body)
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	defer server.Close()
	send := func(address string) error {
		w, err := NewWebhook(address)
		if err != nil {
			t.Fatal(err)
		}
		return w.Send(t.Context(), message)
	}
	if err := send(server.URL + "/hook?token=secret"); err != nil {
		t.Error(err)
	}
	var back Message
	if err := json.Unmarshal(got, &back); err != nil || back.Alarms[0].ID != "ru-1" || back.Alarms[0].Title != message.Alarms[0].Title {
		t.Errorf("%s: %v", got, err)
	}
	for _, path := range []string{"/moved?token=secret", "/down?token=secret"} {
		if err := send(server.URL + path); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", path, err)
		}
	}
	server.Close()
	if err := send(server.URL + "/hook?token=secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
	for _, address := range []string{"", "example.org", "ftp://example.org/", "http://example.org/", "http://192.0.2.1/", "http://localhost.example.org/", "https:///x"} {
		if _, err := NewWebhook(address); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
	for _, address := range []string{"https://example.org/x", "http://127.0.0.1:80/", "http://[::1]:80/", "http://localhost/"} {
		if _, err := NewWebhook(address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A message is one message whatever its words are: no line of them becomes a header or its end.
func TestMailIsOneMessage(t *testing.T) {
	m, err := NewMail(MailServer{Address: "localhost:25", From: "Banshift <banshift@example.org>"}, []string{"desk@example.org", "Night <night@example.org>"}, func() time.Time { return time.Unix(1523894400, 0) })
	if err != nil {
		t.Fatal(err)
	}
	read, err := mail.ReadMessage(bytes.NewReader(m.compose(message)))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "Côte d’Ivoire") || read.Header.Get("Bcc") != "" || read.Header.Get("To") != "desk@example.org, night@example.org" {
		t.Errorf("headers %v, %v", read.Header, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if err != nil || !strings.Contains(string(body), "about 120 clients") || !strings.Contains(string(body), "watch ack ru-1") {
		t.Errorf("%s: %v", body, err)
	}
	for _, bad := range []MailServer{{Address: "localhost", From: "a@example.org"}, {Address: "localhost:25", From: "nobody"}} {
		if _, err := NewMail(bad, []string{"a@example.org"}, time.Now); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	m.server.Address = "127.0.0.1:1"
	if err := m.Send(ctx, message); err == nil {
		t.Error("a server that is not there took it")
	}
}

func TestCommand(t *testing.T) {
	t.Setenv("BANSHIFT_SMTP_PASSWORD", "secret")
	out := filepath.Join(t.TempDir(), "out")
	c, err := NewCommand([]string{"sh", "-c", "cat > " + out + "; env >> " + out})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(text), `"id":"ru-1"`) || strings.Contains(string(text), "secret") {
		t.Errorf("%s: %v", text, err)
	}
	for _, words := range [][]string{{"false"}, {"sleep", "60"}, {"/nothing/there"}} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		c, _ := NewCommand(words)
		if err := c.Send(ctx, message); err == nil {
			t.Errorf("%q: no error", words)
		}
		cancel()
	}
	if _, err := NewCommand(nil); err == nil {
		t.Error("no command was taken")
	}
}
