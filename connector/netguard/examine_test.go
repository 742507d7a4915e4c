package netguard_test

import (
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

func TestExamine(t *testing.T) {
	policy := connector.NetworkPolicy{Hosts: []string{"10.*:1", "10.0.0.1:22", "localhost", "169.254.169.254"}, Plaintext: []string{"localhost:80"}, TLSFloor: "1.3"}
	for _, c := range []struct {
		policy                 connector.NetworkPolicy
		address                string
		allowed, data, plain   bool
		refused, pattern, tls_ string
	}{
		{policy, "10.0.0.1:22", true, false, false, "", "10.0.0.1:22", "1.3"},
		{policy, "10.0.0.1:23", false, false, false, "network.hosts does not list it", "", "1.3"},
		{policy, "10.0.0.1", false, false, false, "network.hosts does not list it", "", "1.3"},
		{policy, "localhost:80", true, false, true, "", "localhost", "1.3"},
		{policy, "169.254.169.254:80", false, false, false, "169.254.169.254 is link-local: cloud machines keep their credentials there", "169.254.169.254", "1.3"},
		{connector.NetworkPolicy{}, "8.8.8.8:53", true, true, false, "", "", "1.2"},
		{connector.NetworkPolicy{}, "[64:ff9b::a9fe:a9fe]:80", false, false, false, "64:ff9b::a9fe:a9fe is 169.254.169.254 in another form, link-local: cloud machines keep their credentials there", "", "1.2"},
	} {
		e, err := netguard.Examine(t.Context(), c.policy, c.address)
		if err != nil {
			t.Fatal(err)
		}
		if e.Allowed != c.allowed || e.Refused != c.refused || e.Pattern != c.pattern || e.TLSFloor != c.tls_ || e.Plaintext != c.plain || e.Resolved[0].FromData != c.data {
			t.Errorf("%s: %+v", c.address, e)
		}
	}
	for _, name := range []string{"metadata.google.internal", "METADATA.GOOGLE.INTERNAL.", "instance-data", "2852039166", "0251.0376.0251.0376:80", "0xA9FEA9FE", "127.1", "0"} {
		e, err := netguard.Examine(t.Context(), connector.NetworkPolicy{}, name)
		if err != nil || e.Allowed || e.Refused == "" || e.Resolved != nil {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	for _, bad := range []string{"", "*", "*.corp", "a:b", "a/b", " a"} {
		if _, err := netguard.Examine(t.Context(), policy, bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}
