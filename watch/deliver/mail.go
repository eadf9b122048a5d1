package deliver

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"
)

// MailServer is an SMTP server that takes messages for others.
type MailServer struct {
	Address        string // host:port
	From           string
	User, Password string // empty: it asks for none
	// TLS is from the first byte (port 465) where true; else it is begun where the server offers it, and required where
	// there is a password or the server is another machine.
	TLS bool
}

// Mail sends messages to e-mail addresses (RFC 5322 by RFC 5321).
type Mail struct {
	server MailServer
	from   string
	to     []string
	clock  func() time.Time
}

// NewMail checks addresses.
func NewMail(server MailServer, to []string, clock func() time.Time) (*Mail, error) {
	if _, _, err := net.SplitHostPort(server.Address); err != nil {
		return nil, fmt.Errorf("e-mail: server %q: want host:port", server.Address)
	}
	m := &Mail{server: server, clock: clock}
	for i, text := range append([]string{server.From}, to...) {
		a, err := mail.ParseAddress(text)
		if err != nil || strings.ContainsAny(a.Address, "\r\n") {
			return nil, fmt.Errorf("e-mail: %q is no address", text)
		}
		if i == 0 {
			m.from = a.Address
			continue
		}
		m.to = append(m.to, a.Address)
	}
	return m, nil
}

// Send gives the message to the server, which says that it has taken it.
func (m *Mail) Send(ctx context.Context, message Message) error {
	if err := m.send(ctx, message); err != nil {
		return fmt.Errorf("e-mail by %s: %w", m.server.Address, err)
	}
	return nil
}

func (m *Mail) send(ctx context.Context, message Message) error {
	client, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Mail(m.from); err != nil {
		return err
	}
	for _, to := range m.to {
		if err := client.Rcpt(to); err != nil {
			return err
		}
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := body.Write(m.compose(message)); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	client.Quit() //nolint:errcheck // it has the message
	return nil
}

// connect says hello, under TLS where there is any.
func (m *Mail) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(m.server.Address)
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.server.Address)
	if err != nil {
		return nil, err
	}
	if until, limited := ctx.Deadline(); limited {
		if err := conn.SetDeadline(until); err != nil {
			conn.Close()
			return nil, err
		}
	}
	settings := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if m.server.TLS {
		conn = tls.Client(conn, settings)
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := m.secure(client, settings); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// secure begins TLS and logs in.
func (m *Mail) secure(client *smtp.Client, settings *tls.Config) error {
	encrypted := m.server.TLS
	if offered, _ := client.Extension("STARTTLS"); offered && !encrypted {
		if err := client.StartTLS(settings); err != nil {
			return err
		}
		encrypted = true
	}
	ip := net.ParseIP(settings.ServerName)
	near := settings.ServerName == "localhost" || ip != nil && ip.IsLoopback()
	if !encrypted && !near {
		return fmt.Errorf("it offers no TLS, and is another machine: nothing is sent in the clear")
	}
	if m.server.User == "" {
		return nil
	}
	return client.Auth(smtp.PlainAuth("", m.server.User, m.server.Password, settings.ServerName))
}

// compose writes the message with its headers.
func (m *Mail) compose(message Message) []byte {
	var b bytes.Buffer
	for _, header := range [][2]string{
		{"From", m.from}, {"To", strings.Join(m.to, ", ")}, {"Subject", mime.QEncoding.Encode("utf-8", message.Subject())},
		{"Date", m.clock().UTC().Format(time.RFC1123Z)}, {"Message-ID", "<" + rand.Text() + "@banshift.invalid>"},
		{"Auto-Submitted", "auto-generated"}, {"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", header[0], header[1])
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(message.Text())) //nolint:errcheck // a buffer takes it
	w.Close()                       //nolint:errcheck
	return b.Bytes()
}
