package mysql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/mysql"
	"github.com/headgate/headgate/connector/netguard"
)

// TestAnswerLost uses a connection in clear, which needs the policy's word.
func TestAnswerLost(t *testing.T) {
	d := start(t)
	b := d.base(t)
	var notices []connector.Notice
	d.server().RunAnswerLost(t, b.Base, func(port int, req connector.SinkRequest) connector.Sink {
		cfg := d.config(b.name)
		cfg.Port, cfg.CA, cfg.User = port, "", servers.MariaPlain
		cfg.Plaintext = &netguard.Plaintext{Reason: "a test", Until: "2999-01-01"}
		e := env()
		if _, err := testConnection(t.Context(), e, cfg); !errors.Is(err, connector.ErrRefused) {
			t.Errorf("without the policy: %v", err)
		}
		e.Network.Plaintext = []string{"localhost"}
		if _, err := testConnection(t.Context(), e, cfg); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "credentials: true") {
			t.Errorf("with a password: %v", err)
		}
		cfg.Plaintext.Credentials = true
		e.Notice = func(n connector.Notice) { notices = append(notices, n) }
		s, err := mysql.Type().Table.NewSink(t.Context(), e, cfg, req)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
	if len(notices) == 0 || notices[0].Kind != connector.PlaintextUsed {
		t.Errorf("notices %v", notices)
	}
}

func TestLogin(t *testing.T) {
	d := start(t)
	other, client := servers.CA(t), d.CA.Client(servers.MariaCert)
	with := func(change func(c *mysql.Config)) *mysql.Config {
		c := d.config("mysql")
		change(c)
		return c
	}
	sqltest.RunLogins(t, mysql.Type(), env(), "MariaDB 10", password, client.KeyPEM(t), map[string]sqltest.Login{
		"good":           {Config: d.config("mysql")},
		"other CA":       {Config: with(func(c *mysql.Config) { c.CA = other.File }), Kind: connector.ErrRefused},
		"no CA":          {Config: with(func(c *mysql.Config) { c.CA = "" }), Kind: connector.ErrRefused},
		"no database":    {Config: d.config("nowhere"), Kind: connector.ErrUnreachable, Words: "error 1049"},
		"wrong user":     {Config: with(func(c *mysql.Config) { c.User = "nobody" }), Kind: connector.ErrUnreachable, Words: "error 1045"},
		"no certificate": {Config: with(func(c *mysql.Config) { c.User = servers.MariaCert }), Kind: connector.ErrUnreachable, Words: "error 1045"},
		"certificate": {Config: with(func(c *mysql.Config) {
			c.User, c.ClientCert, c.ClientKey = servers.MariaCert, client.Cert, sqltest.ClientKey
		})},
		"nobody listens": {Config: with(func(c *mysql.Config) { c.Port = servers.Port(t) }), Kind: connector.ErrUnreachable},
	})
}
