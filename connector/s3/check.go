package s3

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/pace"
)

// check looks at the keys of a connection; see connector.Type.
func check(c *Config) []error {
	host, secure, err := endpoint(c.Endpoint)
	if err != nil {
		return []error{err}
	}
	clear := ""
	if !secure {
		clear = "endpoint"
	}
	at := url.URL{Host: host}
	list := append(netguard.CheckTLS(c.Pins, "", ""),
		netguard.CheckURLHost("endpoint", at.Hostname(), at.Port()), netguard.CheckPlaintext(c.Plaintext, clear))
	if given := c.AccessKey != "" || c.SecretKey != ""; c.Ambient == given || given && (c.AccessKey == "" || c.SecretKey == "") {
		list = append(list, errors.New("access_key: give access_key and secret_key, or ambient: true, and not both"))
	}
	if _, err := pace.Requests(c.RateLimit); err != nil {
		list = append(list, fmt.Errorf("rate_limit: %w", err))
	}
	return list
}
