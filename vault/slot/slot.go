// Package slot wraps a person's seed: under a password, a password together with a
// device, the operating system's keyring, a key file, or a printed recovery code.
// Each way in is a slot of its own; any one opens the seed.
package slot

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
	"golang.org/x/crypto/argon2"
)

// Type is the way in that a slot is.
type Type string

// The types.
const (
	Password Type = "password"
	Device   Type = "password+device" // both: the password and a key that the device's keyring holds
	Keyring  Type = "keyring"
	KeyFile  Type = "keyfile"
	Recovery Type = "recovery"
)

// ErrWrong says that a password, key or code does not open the slot. It says no more,
// so that nobody learns which part was right.
var ErrWrong = errors.New("wrong password, key or code")

// Cost is what guessing one password costs. The zero value is the cost of the format;
// tests take Cheapest, and there is no other way to make slots cheaper than that.
type Cost struct {
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory"` // KiB
	Threads uint8  `json:"threads"`
}

// The bounds of a Cost, which also bound what a hostile file can make a reader spend.
const (
	minTime, maxTime       = 1, 10
	minMemory, maxMemory   = 19 << 10, 1 << 20
	minThreads, maxThreads = 1, 8
)

// Standard is the cost of new slots: RFC 9106's second choice.
func Standard() Cost { return Cost{3, 64 << 10, 4} }

// Cheapest is the least cost that a reader takes.
func Cheapest() Cost { return Cost{minTime, minMemory, minThreads} }

func (c Cost) check() error {
	if c.Time < minTime || c.Time > maxTime || c.Memory < minMemory || c.Memory > maxMemory || c.Threads < minThreads || c.Threads > maxThreads {
		return fmt.Errorf("argon2id with time %d, memory %d KiB, threads %d: out of bounds", c.Time, c.Memory, c.Threads)
	}
	return nil
}

// Slot is the stored form. Everything in it takes part in opening it.
type Slot struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	Salt []byte `json:"salt"`
	Cost Cost   `json:"cost"` // of passwords; zero for keys
	Data []byte `json:"data"`
	Made int64  `json:"made"` // milliseconds since 1970
}

// Owner is the person that a slot belongs to.
type Owner struct{ Store, User string }

// Content is what a slot wraps: the person's seed, and the fingerprint of the store
// that it is for, so that opening a slot also says which store is the right one.
type Content struct {
	Seed        []byte
	Fingerprint rbac.Digest
}

// Material is what opens a slot; which field counts depends on the slot's type.
type Material struct {
	Password []byte // Password, Device
	Key      []byte // Device, Keyring, KeyFile: seal.Size bytes; Recovery: RecoverySize bytes
}

// New wraps content.
func New(o Owner, name string, t Type, cost Cost, m Material, c Content, now time.Time) (Slot, error) {
	s := Slot{Name: name, Type: t, Salt: seal.Random(16), Made: now.UnixMilli()}
	if t == Password || t == Device {
		if s.Cost = cost; s.Cost == (Cost{}) {
			s.Cost = Standard()
		}
	}
	kek, err := s.kek(m)
	if err != nil {
		return s, err
	}
	defer clear(kek)
	plain := append(append(make([]byte, 0, 96), c.Seed...), c.Fingerprint...)
	defer clear(plain)
	s.Data, err = seal.Encrypt(kek, s.context(o), plain)
	return s, err
}

// Open unwraps the content. The error is ErrWrong, whatever did not fit.
func (s Slot) Open(o Owner, m Material) (Content, error) {
	kek, err := s.kek(m)
	if err != nil {
		return Content{}, fmt.Errorf("slot %s: %w (%w)", s.Name, ErrWrong, err)
	}
	defer clear(kek)
	plain, err := seal.Decrypt(kek, s.context(o), s.Data)
	if err != nil || len(plain) != seal.Size+64 {
		return Content{}, fmt.Errorf("slot %s: %w", s.Name, ErrWrong)
	}
	return Content{plain[:seal.Size], rbac.Digest(plain[seal.Size:])}, nil
}

func (s Slot) context(o Owner) []byte {
	return rbac.Context("headgate/v1/slot", o.Store, o.User, s.Name, string(s.Type), strconv.FormatUint(uint64(s.Cost.Time), 10),
		strconv.FormatUint(uint64(s.Cost.Memory), 10), strconv.Itoa(int(s.Cost.Threads)), string(s.Salt), strconv.FormatInt(s.Made, 10))
}

func (s Slot) kek(m Material) ([]byte, error) {
	want := map[Type]int{Device: seal.Size, Keyring: seal.Size, KeyFile: seal.Size, Recovery: RecoverySize}[s.Type]
	if len(m.Key) != want && s.Type != Password {
		return nil, fmt.Errorf("key of %d bytes, want %d", len(m.Key), want)
	}
	context := rbac.Context("headgate/v1/kek", string(s.Type), string(s.Salt))
	switch s.Type {
	case Password, Device:
		if err := s.Cost.check(); err != nil {
			return nil, err
		}
		stretched := argon2.IDKey(normal(m.Password), s.Salt, s.Cost.Time, s.Cost.Memory, s.Cost.Threads, seal.Size)
		if s.Type == Password {
			return stretched, nil
		}
		return seal.Derive(append(stretched, m.Key...), context), nil
	case Keyring, KeyFile, Recovery:
		return seal.Derive(m.Key, context), nil
	}
	return nil, fmt.Errorf("slot of type %q: unknown", s.Type)
}

// Waste spends what opening a password slot of that cost would, so that an unknown
// name takes as long as a wrong password.
func Waste(cost Cost, password []byte) {
	if cost == (Cost{}) {
		cost = Standard()
	}
	if cost.check() == nil {
		argon2.IDKey(normal(password), make([]byte, 16), cost.Time, cost.Memory, cost.Threads, seal.Size)
	}
}
