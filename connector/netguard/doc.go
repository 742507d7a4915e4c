// Package netguard is the one way out: every connector dials, speaks TLS, HTTP and SSH
// through it, so that one place decides whom the program talks to and how.
//
// What it enforces, for every connection and without a way around:
//
//   - addresses: the address that a name resolved to is looked at in every dial, after the
//     resolver and before the first packet. Link-local and metadata addresses, multicast,
//     broadcast and 0/8 are never dialled, however they are spelled. Private and loopback
//     addresses are for hosts that a connection names, never for an address that came
//     from data or from a redirect.
//   - hosts: with a list in the policy, only what matches it.
//   - TLS 1.2 at least, 1.3 if the policy says so or where it was spoken before; certificates are
//     always verified.
//   - SSH: pinned host keys and a list of algorithms of our own.
//   - plaintext: with a dated reason in the connection and the policy's consent.
//
// All of these are rules of the class "binary": this program keeps them; somebody with
// another program and the credentials is not stopped by them.
//
// A refusal is marked connector.ErrRefused and nothing was sent but the handshake; what
// another system does to us is marked connector.ErrUnreachable. No proxy is taken
// from the environment: it would dial in our stead.
package netguard
