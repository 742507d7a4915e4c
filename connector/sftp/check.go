package sftp

import (
	"errors"

	"github.com/headgate/headgate/connector/netguard"
)

// check looks at the keys of a connection; see connector.Type.
func check(c BastionConfig) []error {
	list := []error{netguard.CheckHost(c.Host), netguard.CheckPort(c.Port), netguard.CheckHostKeys(c.HostKeys)}
	if c.PrivateKey == "" && c.Password == "" && !c.Agent {
		list = append(list, errors.New("user: has nothing to log in with: private_key, password or agent"))
	}
	if c.Passphrase != "" && c.PrivateKey == "" {
		list = append(list, errors.New("passphrase: goes with private_key"))
	}
	return list
}
