package postgres_test

import (
	"errors"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/conntest/sqltest"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/postgres"
)

// TestAnswerLost uses a connection in clear, which needs the policy's word.
func TestAnswerLost(t *testing.T) {
	d := start(t)
	b := d.named(t, servers.PostgresPlain)
	var notices []connector.Notice
	d.server().RunAnswerLost(t, b.Base, func(port int, req connector.SinkRequest) connector.Sink {
		cfg := d.config(b.name)
		cfg.Port, cfg.CA = port, ""
		cfg.Plaintext = &netguard.Plaintext{Reason: "a test", Until: "2999-01-01"}
		e := env()
		if _, err := testConnection(t.Context(), e, cfg); !errors.Is(err, connector.ErrRefused) {
			t.Errorf("without the policy: %v", err)
		}
		e.Network.Plaintext = []string{"localhost"}
		e.Notice = func(n connector.Notice) { notices = append(notices, n) }
		s, err := postgres.Type().Table.NewSink(t.Context(), e, cfg, req)
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
	other, client := servers.CA(t), d.CA.Client("certuser")
	with := func(change func(c *postgres.Config)) *postgres.Config {
		c := d.config(servers.PostgresMain)
		change(c)
		return c
	}
	sqltest.RunLogins(t, postgres.Type(), env(), "PostgreSQL ", password, client.KeyPEM(t), map[string]sqltest.Login{
		"good":           {Config: d.config(servers.PostgresMain)},
		"other CA":       {Config: with(func(c *postgres.Config) { c.CA = other.File }), Kind: connector.ErrRefused},
		"no CA":          {Config: with(func(c *postgres.Config) { c.CA = "" }), Kind: connector.ErrRefused},
		"no database":    {Config: d.config("nowhere"), Kind: connector.ErrUnreachable, Words: "3D000"},
		"wrong user":     {Config: with(func(c *postgres.Config) { c.User = "nobody" }), Kind: connector.ErrUnreachable, Words: "28P01"},
		"plaintext":      {Config: d.config(servers.PostgresPlain), Kind: connector.ErrUnreachable, Words: "28000"},
		"no certificate": {Config: d.config(servers.PostgresCert), Kind: connector.ErrUnreachable, Words: "28000"},
		"certificate": {Config: with(func(c *postgres.Config) {
			c.Database, c.Password, c.ClientCert, c.ClientKey = servers.PostgresCert, "", client.Cert, sqltest.ClientKey
		})},
		"nobody listens": {Config: with(func(c *postgres.Config) { c.Port = servers.Port(t) }), Kind: connector.ErrUnreachable},
	})
}
