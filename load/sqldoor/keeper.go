package sqldoor

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Wrong passwords of one address: so many at once, and then one a second. Until then none is looked at.
const (
	mostWrong      = 10
	oneWrongIn     = time.Second
	mostAddresses  = 1024
	addressBits    = 32
	addressBitsSix = 64
)

// keeper knows the password.
type keeper struct {
	secret [sha256.Size]byte
	clock  func() time.Time

	mu    sync.Mutex
	wrong map[netip.Prefix]time.Time // when all those of an address are forgiven
}

func newKeeper(password string, clock func() time.Time) *keeper {
	return &keeper{secret: fingerprint(User, password), clock: clock, wrong: map[netip.Prefix]time.Time{}}
}

// fingerprint has one length whatever it is of, so that a comparison tells nothing of that.
func fingerprint(user, password string) [sha256.Size]byte {
	return sha256.Sum256([]byte(user + "\x00" + password))
}

// visitor is one connection.
type visitor struct{ known atomic.Bool }

type visitorKey struct{}

func withVisitor(ctx context.Context) context.Context {
	return context.WithValue(ctx, visitorKey{}, &visitor{})
}

// admit fails for whoever does not know the password. A connection that knew it before is not kept waiting for what
// others of its address get wrong.
func (k *keeper) admit(r *http.Request) *Exception {
	v, _ := r.Context().Value(visitorKey{}).(*visitor)
	known := v != nil && v.known.Load()
	from := prefixOf(r.RemoteAddr)
	k.mu.Lock()
	defer k.mu.Unlock()
	if !known && k.exhausted(from) {
		return &Exception{Status: http.StatusTooManyRequests, Code: authenticationFailed, Name: "AUTHENTICATION_FAILED", Text: "too many wrong passwords came from here: this one was not looked at, try again in a second"}
	}
	user, password, given := credentials(r)
	got := fingerprint(user, password)
	if subtle.ConstantTimeCompare(got[:], k.secret[:]) == 1 {
		if v != nil {
			v.known.Store(true)
		}
		return nil
	}
	if !given {
		return &Exception{Status: http.StatusUnauthorized, Code: authenticationFailed, Name: "AUTHENTICATION_FAILED", Text: "want the user " + User + " and the password that serve printed or was given"}
	}
	if v != nil {
		v.known.Store(false) // others may come by the same connection of a proxy
	}
	k.failed(from)
	return &Exception{Status: http.StatusForbidden, Code: authenticationFailed, Name: "AUTHENTICATION_FAILED", Text: "Authentication failed: password is incorrect, or there is no user with such name; the user is " + User}
}

// credentials are those of ClickHouse's headers, or of HTTP's basic authentication. Those of an address are not read:
// addresses are logged on the way.
func credentials(r *http.Request) (user, password string, given bool) {
	user, password = r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	if user != "" || password != "" {
		return user, password, true
	}
	return r.BasicAuth()
}

// exhausted reports whether an address has had its wrong passwords. The caller holds k.mu, as that of failed does.
func (k *keeper) exhausted(from netip.Prefix) bool {
	return k.wrong[from].Sub(k.clock()) > (mostWrong-1)*oneWrongIn
}

func (k *keeper) failed(from netip.Prefix) {
	now := k.clock()
	if len(k.wrong) >= mostAddresses {
		k.forget(now)
	}
	until := k.wrong[from]
	if until.Before(now) {
		until = now
	}
	k.wrong[from] = until.Add(oneWrongIn)
}

// forget drops what is forgiven; where nothing is, everything: memory is bounded.
func (k *keeper) forget(now time.Time) {
	for from, until := range k.wrong {
		if until.Before(now) {
			delete(k.wrong, from)
		}
	}
	if len(k.wrong) >= mostAddresses {
		clear(k.wrong)
	}
}

// prefixOf is the address of a visitor; of IPv6 the network, of which one visitor has all.
func prefixOf(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	ip = ip.Unmap()
	bits := addressBits
	if ip.Is6() {
		bits = addressBitsSix
	}
	prefix, _ := ip.WithZone("").Prefix(bits) // never fails: the bits are of its kind
	return prefix
}
