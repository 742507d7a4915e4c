package spec

import (
	"fmt"
	"reflect"
	"testing"
)

type bound struct {
	Host     string   `key:"host" bind:"value"`
	Port     *int     `key:"port" bind:"value"`
	CA       string   `key:"tls_ca" bind:"file"`
	HostKeys []string `key:"host_keys" bind:"value"`
	Tunnel   *struct {
		SSH string `key:"ssh"`
	} `key:"tunnel" bind:"value"`
	Password string   `key:"password" secret:"true"`
	DeadLine string   `key:"timeout"`
	Sign     string   `key:"sign_with" names:"key"`
	To       []string `key:"encrypt_to" names:"key"`
}

func TestBindings(t *testing.T) {
	port := 22
	b := &bound{Host: "h", Port: &port, CA: "ca.pem", HostKeys: []string{"a", "b"}, Password: "secret:x"}
	want := []Bound{{"host", "h", false}, {"port", "22", false}, {"tls_ca", "ca.pem", true}, {"host_keys", "a,b", false}, {"tunnel", "", false}}
	if got := Bindings(b); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b.Tunnel = &struct {
		SSH string `key:"ssh"`
	}{"bastion"}
	if got := Bindings(b)[4].Value; got != "ssh=bastion" {
		t.Errorf("tunnel: %q", got)
	}
}

// TestBindingsDiffer: what differs has different texts, so that one can't be put in place
// of the other.
func TestBindingsDiffer(t *testing.T) {
	type until struct {
		Reason string `key:"reason"`
		Until  string `key:"until"`
	}
	type target struct {
		List  []string          `key:"list" bind:"value"`
		Map   map[string]string `key:"map" bind:"value"`
		Until until             `key:"until" bind:"value"`
	}
	seen := map[string]target{}
	for _, x := range []target{
		{List: []string{"a", "b"}}, {List: []string{"a,b"}}, {List: []string{`"a"`, "b"}}, {List: []string{""}}, {},
		{Map: map[string]string{"A": "1", "B": "2"}}, {Map: map[string]string{"A": "1 B=2"}}, {Map: map[string]string{"A": "1 B:2"}}, {Map: map[string]string{"A=1": "2"}}, {Map: map[string]string{"A": "1=2"}},
		{Until: until{Reason: "r", Until: "u"}}, {Until: until{Reason: "r until=u"}}, {Until: until{Reason: "r", Until: "u until="}},
	} {
		text := fmt.Sprint(Bindings(&x))
		if y, ok := seen[text]; ok {
			t.Errorf("%+v and %+v are both %s", x, y, text)
		}
		seen[text] = x
	}
	if got := Bindings(&target{Map: map[string]string{"X": "y", "A": "b c"}})[1].Value; got != `A="b c" X=y` {
		t.Error(got)
	}
}

func TestReferences(t *testing.T) {
	b := &bound{Password: "secret:x#y", Sign: "me", To: []string{"a", "b"}}
	if got := References(b, "key"); !reflect.DeepEqual(got, []string{"me", "a", "b"}) {
		t.Errorf("keys: %v", got)
	}
	if got := References(b, "secret"); !reflect.DeepEqual(got, []string{"secret:x#y"}) {
		t.Errorf("secrets: %v", got)
	}
}
