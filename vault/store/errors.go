package store

import (
	"errors"
	"fmt"
)

// ErrBusy says that the store stayed locked by others for the whole time-out.
var ErrBusy = errors.New("the store stayed locked by another process")

// ErrMissing says that there is no store at the path.
var ErrMissing = errors.New("there is no store here")

// NewerError says that the store's format is newer than this program knows.
type NewerError struct{ Format, Known uint64 }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the store has format %d, this program knows formats up to %d", e.Format, e.Known)
}

// DamagedError says that the file is not as it was written.
type DamagedError struct {
	Path string
	Why  string
}

func (e *DamagedError) Error() string { return fmt.Sprintf("store %s: damaged: %s", e.Path, e.Why) }

// PlaceError says that the store may not be kept where it is: others can reach it, or
// the file system can't keep it whole.
type PlaceError struct {
	Path string
	Why  string
}

func (e *PlaceError) Error() string { return fmt.Sprintf("store %s: %s", e.Path, e.Why) }

// LeftoverError says that a change is stored, and that the bytes it replaced are
// still in the file, since rewriting the file did not work. Compact tries again.
type LeftoverError struct{ Err error }

func (e *LeftoverError) Error() string {
	return fmt.Sprintf("stored, but what it replaced is still in the file: %v", e.Err)
}
func (e *LeftoverError) Unwrap() error { return e.Err }
