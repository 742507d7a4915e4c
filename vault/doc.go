// Package vault is the store of a project: people, their keys, secrets, and the audit
// log, in one file that several people and programs use at once, without a server.
//
// # What it is for, and what not
//
// Whoever holds a key and can write the file can also change the program. So each rule
// has a class (rbac.Class) that says what enforces it, and nothing here is presented
// as stronger than that:
//
//	key        who reads which secret, record or audit entry: it is sealed to their key
//	signature  who may change people, grants, approvals, policy: every reader checks
//	           every operation with the function that writers ask (rbac.Allowed), so
//	           an edited file or an edited program convinces nobody else
//	binary     the rest: expiry by the clock, who runs drafts, that a secret is asked
//	           for again when a connection is pointed elsewhere (its binding is
//	           associated data, but who can decrypt it can also seal it anew)
//	detect     rollback, forks, a log that was cut off: found by whoever remembers
//	           more, by a pin, a checkpoint or an anchor
//
// Against other users of the machine, a stolen disk or backup, a former member with an
// old copy, a member with an edited program: what they have no key for they can't
// read, and what they may not sign nobody accepts. A former member keeps what was
// readable then: Remove names those secrets, and they stay marked until they are set
// again. Not promised: anything against programs of the same user while a person is
// logged in, against root, about memory that the runtime copied, about disks that keep
// old blocks; that nobody rolls store and pin back together; availability of a file
// that somebody damaged, or that a member took something out of and signed; that a
// password which was replaced is of no use: with the slot as it was then, from a copy
// or put back by a member, it opens the person's keys, which only a reset replaces.
// Signatures and passwords are classical; what is sealed is hybrid post-quantum.
//
// # Use
//
// At names a store; Init makes one; Ways.Find looks for a credential and
// Vault.Unlock opens a person's keys with it. The Member then does everything: each
// method opens the file for its own time, takes the lock, verifies the store against
// the person's keys and pin, acts, writes an audit entry in the same transaction, and
// closes it. What follows from a change for other people's keys happens in that
// transaction too, and Outcome tells of it. Accept enrols a person with a code.
// StartRun commits run.start before a secret is given out; Run.Secret decrypts for one
// binding; Run.End writes run.end. Vault.Verify checks everything that needs no key.
// ReasonOf sorts errors for exit codes. The program calls store.FsckChild in a hidden
// command of its own and names that command to Fsck.
//
// # The file, format 1
//
// A bbolt database with these buckets. [x] is a context (rbac.Context): everything
// encrypted, sealed or signed is tied to the store's id and its own place.
//
//	meta            format                 u64
//	policy.ops      u64 number             signature(64) ‖ JSON operation; the bytes are what is signed
//	policy.state    cur                    JSON rbac.State; the last operation has its SHA-256
//	pk              person, box:NAME:EPOCH HPKE public key; its SHA-256 is in the state
//	slots           person/NAME            JSON slot.Slot; seed and the store's fingerprint under the slot's key
//	profile         person                 e-mail address or name, sealed to box meta; digest in the state
//	                account "/own"         the same, sealed to the service account itself
//	box             NAME/EPOCH/person      the box's seed, sealed to the member; its public key must be the state's
//	secret          NAME@connection:C#ENV  JSON: version, encrypted binding, encrypted value, commitment; digest in the state
//	dek             secret id 0 recipient  the secret's keys, sealed to box:secrets, box:meta, or a person
//	bundle          invitation             keys for the invited person, under the code; digest in the state
//	audit.log       u64 number             signature(64) ‖ head ‖ body under the author's audit key
//	audit.frontier  cur                    signature(64) ‖ author(16) ‖ u64 last operation ‖ SHA-256 of each of the buckets meta, pk, slots, profile, box,
//	                                       secret, dek, bundle, audit.ckpt, audit.key ‖ size and roots of the RFC 6962 tree
//	audit.ckpt      person                 u64 operation ‖ the person's newest C2SP checkpoint
//	audit.key       person/COMMITMENT      the person's audit key, sealed to box audit
//
// Whoever writes signs audit.frontier anew, over all of it and the hash of the newest
// audit entry: it says not only that what is there is right, but that nothing is
// missing. A reader that finds another digest refuses the store.
//
// A person's keys all come from one 32-byte seed: Ed25519, X-Wing, audit key. There is
// no key of the whole store. In clear are roles, grants, names of flows, secrets and
// connections, digests and times; not e-mail addresses, hosts, users, values, or what
// audit entries say.
//
// Beside the store each person keeps a pin, PINS/FINGERPRINT/PERSON.pin, authenticated
// by a key from the seed: the last operation and audit entry seen. A store that does
// not have both is refused. PERSON.state, whose digest the pin has, is the policy as it
// was then, so that only newer operations are verified. A process remembers the same in
// memory. A missing pin is a first contact: then the fingerprint in the key file, slot
// or invitation code is what ties the store to the person.
package vault
