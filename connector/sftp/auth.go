package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// credentials are for one login.
type credentials struct {
	methods []ssh.AuthMethod // best first
	undo    []func()
}

// clear forgets them. What the library copied of a password stays until it is collected.
func (c *credentials) clear() {
	for _, f := range c.undo {
		f()
	}
}

func (a *account) credentials(ctx context.Context) (*credentials, error) {
	c := &credentials{}
	for _, add := range []func(context.Context, *credentials) error{a.addKey, a.addAgent, a.addPassword} {
		if err := add(ctx, c); err != nil {
			c.clear()
			return nil, err
		}
	}
	if len(c.methods) == 0 {
		return nil, errors.New("it has no private_key, password or agent to log in with")
	}
	return c, nil
}

func (a *account) addKey(ctx context.Context, c *credentials) error {
	if a.cfg.PrivateKey == "" {
		return nil
	}
	signer, err := a.privateKey(ctx)
	if err != nil {
		return err
	}
	method, err := netguard.PublicKeys(signer)
	c.methods = append(c.methods, method)
	return err
}

func (a *account) addAgent(ctx context.Context, c *credentials) error {
	if !a.cfg.Agent {
		return nil
	}
	conn, err := dialAgent(ctx)
	if err != nil {
		return err
	}
	c.undo = append(c.undo, func() { conn.Close() })
	c.methods = append(c.methods, ssh.PublicKeysCallback(func() ([]ssh.Signer, error) { return agentSigners(agent.NewClient(conn)) }))
	return nil
}

func (a *account) addPassword(ctx context.Context, c *credentials) error {
	if a.cfg.Password == "" {
		return nil
	}
	password, err := a.secret(ctx, "password", a.cfg.Password)
	if err != nil {
		return err
	}
	c.undo = append(c.undo, password.Clear)
	c.methods = append(c.methods,
		ssh.PasswordCallback(func() (string, error) { return password.Text(), nil }),
		ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
			return answers(questions, echos, password)
		}))
	return nil
}

// answers gives the password to the one question that a server asks for it. Anything
// else is not ours to answer.
func answers(questions []string, echos []bool, password connector.Secret) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) == 1 && !echos[0]:
		return []string{password.Text()}, nil
	}
	return nil, fmt.Errorf("the server asks %d questions (%q ...) where a password was expected", len(questions), questions[0])
}

func (a *account) secret(ctx context.Context, key, ref string) (connector.Secret, error) {
	if a.env.Secrets == nil {
		return connector.Secret{}, fmt.Errorf("%s: there is no store to take secrets from", key)
	}
	s, err := a.env.Secrets(ctx, ref)
	if err != nil {
		return connector.Secret{}, fmt.Errorf("%s: %w", key, err)
	}
	return s, nil
}

func (a *account) privateKey(ctx context.Context) (ssh.Signer, error) {
	key, err := a.secret(ctx, "private_key", a.cfg.PrivateKey)
	if err != nil {
		return nil, err
	}
	defer key.Clear()
	if a.cfg.Passphrase == "" {
		signer, err := ssh.ParsePrivateKey(key.Bytes())
		var locked *ssh.PassphraseMissingError
		if errors.As(err, &locked) {
			return nil, errors.New("private_key: it is protected by a passphrase: set passphrase")
		}
		if err != nil {
			return nil, errors.New("private_key: it is no private key in the format of OpenSSH or PEM")
		}
		return signer, nil
	}
	phrase, err := a.secret(ctx, "passphrase", a.cfg.Passphrase)
	if err != nil {
		return nil, err
	}
	defer phrase.Clear()
	signer, err := ssh.ParsePrivateKeyWithPassphrase(key.Bytes(), phrase.Bytes())
	if err != nil { // the library's text may hold parts of the key
		return nil, errors.New("private_key: the passphrase does not open it, or it is no private key")
	}
	return signer, nil
}

// dialAgent reaches the agent through its socket, which is no network.
func dialAgent(ctx context.Context) (net.Conn, error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, errors.New("agent: none runs here (SSH_AUTH_SOCK is not set)")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return conn, nil
}

func agentSigners(a agent.ExtendedAgent) ([]ssh.Signer, error) {
	signers, err := a.Signers()
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return netguard.SafeSigners(signers)
}
