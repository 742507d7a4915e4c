package netguard

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 5

// foreign lists the headers that another origin may see.
var foreign = []string{"Accept", "Accept-Encoding", "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "User-Agent"}

// checkRedirect decides whether next, which follows via, is sent, and with what. Whoever
// answers chooses the next address: nothing secret goes to another origin, not even when
// the way leads back.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	switch {
	case len(via) > maxRedirects:
		return redirectRefused(next, "more than 5 redirects")
	case next.URL.Scheme != "https" && next.URL.Scheme != "http":
		return redirectRefused(next, "not a web address")
	case last.URL.Scheme == "https" && next.URL.Scheme != "https":
		return redirectRefused(next, "from https to http")
	}
	next.URL.User = nil
	next.Header.Del("Referer")
	if !slices.ContainsFunc(append(via[1:len(via):len(via)], next), func(r *http.Request) bool { return origin(r.URL) != origin(first.URL) }) {
		return nil
	}
	if next.Body != nil && next.Body != http.NoBody {
		return redirectRefused(next, "an upload goes to the host that the connection names only")
	}
	for name := range next.Header {
		if !slices.Contains(foreign, name) {
			delete(next.Header, name)
		}
	}
	return nil
}

func redirectRefused(next *http.Request, why string) error {
	return connector.Mark(refusef("redirect to %s://%s refused: %s", next.URL.Scheme, next.URL.Host, why), connector.ErrRefused)
}

// origin is scheme, host and port.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Scheme) + "://" + canonical(u.Hostname()) + ":" + port
}
