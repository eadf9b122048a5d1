package sqldoor

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

const password = "a password of the tests"

func asker(remote, user, password string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
	r.RemoteAddr = remote
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	return r
}

func statusOf(e *Exception) int {
	if e == nil {
		return http.StatusOK
	}
	return e.Status
}

func TestKeeperAsksForUserAndPassword(t *testing.T) {
	k := newKeeper(password, time.Now)
	for _, c := range []struct {
		user, password string
		want           int
	}{
		{User, password, 200}, {User, password + " ", 403}, {User, "", 403}, {"default", password, 403}, {"", "", 401},
		{User + "\x00a", password[1:], 403}, {User, password[:5], 403},
	} {
		if got := statusOf(k.admit(asker("127.0.0.1:1", c.user, c.password))); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.user, c.password, got, c.want)
		}
	}
	r := asker("127.0.0.1:1", "", "")
	r.Header.Set("X-ClickHouse-User", User)
	r.Header.Set("X-ClickHouse-Key", password)
	if e := k.admit(r); e != nil {
		t.Errorf("by headers: %v", e)
	}
}

// Ten wrong passwords of an address are looked at, then one a second; a connection that knew it goes on, until it is
// wrong itself, and so do other addresses.
func TestKeeperLimitsGuesses(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	k := newKeeper(password, func() time.Time { return now })
	known := asker("192.0.2.1:7", User, password)
	known = known.WithContext(withVisitor(known.Context()))
	if e := k.admit(known); e != nil {
		t.Fatal(e)
	}
	guess := func(remote, password string) int { return statusOf(k.admit(asker(remote, User, password))) }
	for i := range mostWrong {
		if got := guess("192.0.2.1:"+strconv.Itoa(i+1), "wrong"); got != 403 {
			t.Fatalf("guess %d: %d", i, got)
		}
	}
	if got := guess("192.0.2.1:99", password); got != 429 {
		t.Errorf("the right one among too many: %d", got)
	}
	if e := k.admit(known); e != nil {
		t.Errorf("a connection that knew it: %v", e)
	}
	if got := guess("192.0.2.2:1", password); got != 200 {
		t.Errorf("another address: %d", got)
	}
	now = now.Add(oneWrongIn)
	if got := guess("192.0.2.1:1", "wrong"); got != 403 {
		t.Errorf("a second later: %d", got)
	}
	if got := guess("192.0.2.1:1", "wrong"); got != 429 {
		t.Errorf("and once more: %d", got)
	}
	now = now.Add(oneWrongIn)
	wrong := asker("192.0.2.1:7", User, "wrong").WithContext(known.Context())
	if got := statusOf(k.admit(wrong)); got != 403 {
		t.Errorf("that connection, wrong: %d", got)
	}
	if got := statusOf(k.admit(known)); got != 429 {
		t.Errorf("that connection, after it was wrong: %d", got)
	}
	for i := range 3 * mostAddresses {
		guess("[2001:db8:"+strconv.FormatInt(int64(i), 16)+"::1]:1", "wrong")
	}
	if len(k.wrong) > mostAddresses {
		t.Errorf("%d addresses are remembered", len(k.wrong))
	}
}

func TestPrefixOf(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:5": "192.0.2.1/32", "[::ffff:192.0.2.1]:5": "192.0.2.1/32", "[2001:db8:1:2:3::1]:5": "2001:db8:1:2::/64", "[fe80::1%eth0]:5": "fe80::/64", "@": "invalid Prefix",
	} {
		if got := prefixOf(remote).String(); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}
