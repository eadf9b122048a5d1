package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// Webhook posts messages as JSON.
type Webhook struct {
	address *url.URL
	client  *http.Client
}

// NewWebhook checks the address: https, or http on this machine, because what is sent in the clear can be read and changed.
func NewWebhook(address string) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("webhook: want an address as https://host/path") // the address may be a secret
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("webhook: http:// is for this machine only; use https://")
	}
	return &Webhook{u, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Send posts a message; any answer but 2xx is an error.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook at %s: the request cannot be made", w.address.Host)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "banshift")
	response, err := w.client.Do(request)
	if err != nil {
		var said *url.Error
		if errors.As(err, &said) {
			err = said.Err // without the address
		}
		return fmt.Errorf("webhook at %s: %w", w.address.Host, err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) //nolint:errcheck // the status says it
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("webhook at %s: it answered %s", w.address.Host, response.Status)
	}
	return nil
}
