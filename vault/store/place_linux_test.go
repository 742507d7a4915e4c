package store

import "testing"

func TestNetworkFileSystems(t *testing.T) {
	for magic, want := range map[uint32]string{0x6969: "NFS", 0xFF534D42: "SMB", 0xFE534D42: "SMB", 0x517B: "SMB", 0x01021997: "9p", 0xEF53: "", 0x58465342: "", 0x01021994: ""} {
		if got := networkName(magic); got != want {
			t.Errorf("%x: %q, want %q", magic, got, want)
		}
	}
}
