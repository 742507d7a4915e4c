package connector

import (
	"context"
	"io"
	"time"
)

// Object is a named byte stream in a store.
type Object struct {
	Name     string // as Open takes it
	Size     int64  // bytes, -1 unknown (standard input)
	Modified time.Time
}

// Store keeps named byte streams. It knows nothing of formats. Names are
// slash-separated and relative to the store's root. Methods may be called from
// several goroutines.
type Store interface {
	// List returns the objects whose names match the glob (** crosses folders), sorted by
	// name. A pattern without wildcards that matches nothing is an error that
	// wraps fs.ErrNotExist and names the nearest name that exists.
	List(ctx context.Context, glob string) ([]Object, error)
	// Open reads name from byte offset on.
	Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error)
	// Create starts an object that stays invisible until Publish. tag makes the staged
	// name unique: run, split and attempt.
	Create(ctx context.Context, name, tag string) (Upload, error)
	// Publish gives a sealed upload its final name, replacing what was there in one
	// step. Publishing what has been published already succeeds.
	Publish(ctx context.Context, staged, name string) error
	// Remove deletes an object or a staged upload. Removing what is not there succeeds.
	Remove(ctx context.Context, name string) error
	// Rename moves an object, making folders as needed.
	Rename(ctx context.Context, from, to string) error
	io.Closer
}

// Upload is an object being written.
type Upload interface {
	io.Writer
	// Seal makes the bytes durable and returns the staged name for Publish. An empty
	// staged name means the bytes went where they cannot be held back (standard
	// output).
	Seal(ctx context.Context) (staged string, err error)
	// Close discards an upload that is not sealed. It may be called twice.
	io.Closer
}
