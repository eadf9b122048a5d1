package serve

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// Door lets requests through that know a token: in the address that is printed, as its
// first part, and afterwards in a cookie. Other users of the machine can reach the port,
// too. What a page of another site asks for is turned away with or without the cookie.
func Door(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			next.ServeHTTP(w, r)
			return
		}
		inPath := hasToken(r.URL.Path, token)
		switch {
		case !sameOrigin(r) && !(inPath && isNavigation(r)):
			http.Error(w, "this page answers itself, and no other site", http.StatusForbidden)
		case inPath:
			enter(w, r, token, next)
		case knowsToken(r, token):
			next.ServeHTTP(w, r)
		default:
			http.Error(w, "this page is for whoever started it: open the address that serve printed", http.StatusForbidden)
		}
	})
}

// enter gives the cookie. A browser is sent on to the address without the token, so that
// it is in no history of pages seen; others are answered.
func enter(w http.ResponseWriter, r *http.Request, token string, next http.Handler) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r.Host), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	plain := r.Clone(r.Context())
	plain.URL.Path = "/" + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+token), "/")
	plain.URL.RawPath = ""
	if isNavigation(r) {
		// One slash at the beginning: two would be another site's address.
		plain.URL.Path = "/" + strings.TrimLeft(plain.URL.Path, "/")
		http.Redirect(w, r, plain.URL.RequestURI(), http.StatusSeeOther)
		return
	}
	next.ServeHTTP(w, plain)
}

// hasToken compares the first part of a path.
func hasToken(path, token string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return subtle.ConstantTimeCompare([]byte(first), []byte(token)) == 1
}

func knowsToken(r *http.Request, token string) bool {
	cookie, err := r.Cookie(cookieName(r.Host))
	return err == nil && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(token)) == 1
}

// cookieName has the port in it: cookies of all ports of a host are one.
func cookieName(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		port = "80"
	}
	return "banshift-" + port
}

// sameOrigin turns away what a page of another site asks a browser for. Programs that are
// no browsers send neither header.
func sameOrigin(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host
}

func isNavigation(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Origin") == "" && r.Method == http.MethodGet
}
