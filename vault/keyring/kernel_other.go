//go:build !linux

package keyring

import "time"

// Kernel is a keyring that only Linux has.
type Kernel struct{ Memory }

// NewKernel is the kernel's keyring, and false where the system has none.
func NewKernel(string) (*Kernel, bool) { return nil, false }

// SetFor stores a value for a duration.
func (k *Kernel) SetFor(name, value string, _ time.Duration) error { return k.Set(name, value) }
