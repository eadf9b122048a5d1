package serve

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDoor(t *testing.T) {
	const token = "SOMETOKEN"
	server := httptest.NewServer(Door(token, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "inside "+r.URL.RequestURI()) })))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	visitor := &http.Client{Jar: jar}
	stranger := server.Client()
	ask := func(who *http.Client, path string, headers ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := who.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	for _, path := range []string{"/", "/api/daily", "/report/x", "/SOMETOKE/", "/SOMETOKENX/", "/sometoken/", "/x/SOMETOKEN/", "/?SOMETOKEN", "//SOMETOKEN"} {
		if code, body := ask(stranger, path); code != http.StatusForbidden || strings.Contains(body, "inside") {
			t.Errorf("a stranger at %s: %d %s", path, code, body)
		}
	}
	if code, _ := ask(stranger, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
	if code, body := ask(stranger, "/SOMETOKEN/report/x?a=1"); code != http.StatusOK || body != "inside /report/x?a=1" {
		t.Errorf("by the address: %d %s", code, body)
	}
	if code, body := ask(visitor, "/SOMETOKEN", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none"); code != http.StatusOK || body != "inside /" {
		t.Errorf("a browser: %d %s", code, body)
	}
	for path, headers := range map[string][]string{
		"/":          {"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"},
		"/api/daily": {"Sec-Fetch-Site", "same-origin", "Origin", server.URL},
		"/report/x":  {"Sec-Fetch-Site", "same-origin"},
	} {
		if code, body := ask(visitor, path, headers...); code != http.StatusOK {
			t.Errorf("with the cookie at %s: %d %s", path, code, body)
		}
	}
	for path, headers := range map[string][]string{
		"/report/x":           {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
		"/report/y":           {"Sec-Fetch-Site", "same-site"},
		"/api/daily":          {"Origin", "http://evil.example"},
		"/api/tools":          {"Origin", "null"},
		"/SOMETOKEN/report/x": {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"},
	} {
		if code, body := ask(visitor, path, headers...); code != http.StatusForbidden {
			t.Errorf("from another site at %s: %d %s", path, code, body)
		}
	}
	once := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequest(http.MethodGet, server.URL+"/SOMETOKEN//evil.example/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	answer, err := once.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if to := answer.Header.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, token) {
		t.Errorf("sent on to %s", to)
	}
	if c := answer.Header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") {
		t.Errorf("cookie %s", c)
	}
}
