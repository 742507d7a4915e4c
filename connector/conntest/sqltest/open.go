package sqltest

import (
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
)

// Options are what tests change of a connection.
type Options struct {
	Port        int           // of this machine; 0 = the server's
	LockTimeout time.Duration // 0 = some seconds
}

// Of is a database of a connector's, of which config is a connection and query its own client.
func Of(typ *connector.Type, env connector.Env, config func(o Options) any, query func(t testing.TB, sql string) string) Base {
	return Base{
		Query: query,
		Source: func(t testing.TB, req connector.SourceRequest) connector.Source {
			t.Helper()
			return SourceOf(t, typ, env, config(Options{}), req)
		},
		With: func(t testing.TB, o Options, req connector.SinkRequest) connector.Sink {
			t.Helper()
			return SinkOf(t, typ, env, config(o), req)
		},
	}
}

// SinkOf opens a sink until the test ends.
func SinkOf(t testing.TB, typ *connector.Type, env connector.Env, config any, req connector.SinkRequest) connector.Sink {
	t.Helper()
	s, err := typ.Table.NewSink(t.Context(), env, config, req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// SourceOf opens a source until the test ends.
func SourceOf(t testing.TB, typ *connector.Type, env connector.Env, config any, req connector.SourceRequest) connector.Source {
	t.Helper()
	s, err := typ.Table.NewSource(t.Context(), env, config, req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
