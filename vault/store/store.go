package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Format is the format that this program writes, and the newest that it reads.
const Format = 1

// DefaultLockTimeout is how long a process waits for others.
const DefaultLockTimeout = 30 * time.Second

const pageSize = 4096 // the same on every machine, so that a file can move

// Meta is the bucket that Create makes; "format" in it belongs to this package.
const Meta = "meta"

// Store is a file at a place. It holds nothing open. Its methods may be called from
// several goroutines.
type Store struct {
	Path        string
	Buckets     []string      // made by Create, besides Meta
	Long        []string      // those that grow without end: in a large file their leaves are not looked into
	LockTimeout time.Duration // 0: DefaultLockTimeout
	Shared      bool          // Create makes a file for the folder's group, which must be setgid
}

// Create makes the file, with what fill puts into it, and its folder when that is
// missing. It is an error when the file exists. A crash leaves no file.
func (s *Store) Create(ctx context.Context, fill func(*Tx) error) error {
	if err := s.makeFolder(); err != nil {
		return err
	}
	if err := checkFolder(filepath.Dir(s.Path)); err != nil {
		return err
	}
	unlock, err := s.lock(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Lstat(s.Path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("create store %s: %w", s.Path, fs.ErrExist)
	}
	temp := s.Path + ".new"
	if err := s.begin(temp, fill); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, s.Path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.Path))
}

func (s *Store) begin(temp string, fill func(*Tx) error) error {
	db, err := newDatabase(temp, s.mode(), false)
	if err != nil {
		return fmt.Errorf("create store: %w", err)
	}
	err = db.Update(func(b *bolt.Tx) error {
		for _, name := range append([]string{Meta}, s.Buckets...) {
			if _, err := b.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		tx := &Tx{tx: b}
		if err := tx.Put(Meta, []byte("format"), binary.BigEndian.AppendUint64(nil, Format)); err != nil {
			return err
		}
		return fill(tx)
	})
	return errors.Join(err, db.Close())
}

func (s *Store) mode() os.FileMode {
	if s.Shared {
		return 0o660
	}
	return 0o600
}

// View lets fn read one consistent state, beside other readers.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	unlock, err := s.enter(ctx, false)
	if err != nil {
		return err
	}
	defer unlock()
	return s.with(false, fn)
}

// Change says what goes with an Update.
type Change struct {
	Copy  bool        // keep a copy of the file as it was
	Erase func() bool // asked after the commit: rewrite the file so that nothing of what was replaced is left in it
}

// Update lets fn change the store alone. All of it is stored when Update returns
// without an error or with a *LeftoverError; otherwise nothing is.
func (s *Store) Update(ctx context.Context, c Change, fn func(*Tx) error) error {
	unlock, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	defer unlock()
	if c.Copy {
		if err := s.keepCopy(); err != nil {
			return fmt.Errorf("copy the store: %w", err)
		}
	}
	if err := s.with(true, fn); err != nil {
		return err
	}
	if c.Erase != nil && c.Erase() {
		if err := s.rewrite(true); err != nil {
			return &LeftoverError{err}
		}
	}
	return nil
}

// enter checks the place and takes the lock.
func (s *Store) enter(ctx context.Context, alone bool) (unlock func(), err error) {
	if err := checkFolder(filepath.Dir(s.Path)); err != nil {
		return nil, err
	}
	if err := checkFile(s.Path); err != nil {
		return nil, err
	}
	return s.lock(ctx, alone)
}

// with opens the file for fn. After a fault the database is not closed, since its
// locks may be held for ever; its lock on the file is given back, so that others can
// go on.
func (s *Store) with(write bool, fn func(*Tx) error) (err error) {
	var file *os.File
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if r := recover(); r != nil {
			err = &DamagedError{s.Path, fmt.Sprint(r)}
			if file != nil {
				err = errors.Join(err, release(file))
			}
		}
	}()
	if err := checkPages(s.Path, s.Long); err != nil {
		return err
	}
	db, err := s.open(write, &file)
	if err != nil {
		return err
	}
	tx, err := db.Begin(write)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = s.run(&Tx{tx: tx}, fn)
	if write && err == nil {
		err = tx.Commit()
	} else {
		err = errors.Join(err, tx.Rollback())
	}
	if cerr := db.Close(); err == nil && cerr != nil {
		err = cerr
	}
	return err
}

func (s *Store) run(tx *Tx, fn func(*Tx) error) error {
	if err := s.checkFormat(tx); err != nil {
		return err
	}
	return fn(tx)
}

func (s *Store) open(write bool, file **os.File) (*bolt.DB, error) {
	db, err := bolt.Open(s.Path, s.mode(), &bolt.Options{
		ReadOnly: !write, Timeout: s.timeout(), FreelistType: bolt.FreelistMapType, NoStatistics: true,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			// The file was there when it was checked: do not make an empty one.
			f, _, err := openPlain(name, flag&^os.O_CREATE, perm)
			if *file == nil { // a copy of the database opens it once more
				*file = f
			}
			return f, err
		},
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("open store %s: %w", s.Path, ErrBusy)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, &DamagedError{s.Path, err.Error()}
	case err != nil:
		return nil, fmt.Errorf("open store %s: %w", s.Path, err)
	}
	return db, nil
}

func (s *Store) timeout() time.Duration {
	if s.LockTimeout > 0 {
		return s.LockTimeout
	}
	return DefaultLockTimeout
}

func (s *Store) checkFormat(tx *Tx) error {
	for _, name := range append([]string{Meta}, s.Buckets...) {
		if tx.tx.Bucket([]byte(name)) == nil {
			return &DamagedError{s.Path, "bucket " + name + " is missing"}
		}
	}
	v := tx.Get(Meta, []byte("format"))
	if len(v) != 8 {
		return &DamagedError{s.Path, "no format"}
	}
	switch n := binary.BigEndian.Uint64(v); {
	case n == 0:
		return &DamagedError{s.Path, "format 0"}
	case n > Format:
		return &NewerError{n, Format}
	}
	return nil
}

// Tx is one transaction. It must not be used after the function that got it returns;
// the slices that it gives out may.
type Tx struct {
	tx   *bolt.Tx
	sums map[string][SumSize]byte // of buckets, until they are changed
}

// Get is the value of a key, nil without one.
func (t *Tx) Get(bucket string, key []byte) []byte {
	return bytes.Clone(t.tx.Bucket([]byte(bucket)).Get(key))
}

// Put sets the value of a key.
func (t *Tx) Put(bucket string, key, value []byte) error {
	delete(t.sums, bucket)
	if err := t.tx.Bucket([]byte(bucket)).Put(key, value); err != nil {
		return fmt.Errorf("write to %s: %w", bucket, err)
	}
	return nil
}

// Delete removes a key; it is no error when there is none.
func (t *Tx) Delete(bucket string, key []byte) error {
	delete(t.sums, bucket)
	if err := t.tx.Bucket([]byte(bucket)).Delete(key); err != nil {
		return fmt.Errorf("delete from %s: %w", bucket, err)
	}
	return nil
}

// Each calls fn for every key with the prefix from the key from on, in order, until
// fn returns an error, which it returns. fn must not change the bucket.
func (t *Tx) Each(bucket string, prefix, from []byte, fn func(key, value []byte) error) error {
	c := t.tx.Bucket([]byte(bucket)).Cursor()
	start := prefix
	if bytes.Compare(from, prefix) > 0 {
		start = from
	}
	for k, v := c.Seek(start); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := fn(slices.Clone(k), bytes.Clone(v)); err != nil {
			return err
		}
	}
	return nil
}

// Last is the greatest key of a bucket and its value, nil in an empty one.
func (t *Tx) Last(bucket string) (key, value []byte) {
	k, v := t.tx.Bucket([]byte(bucket)).Cursor().Last()
	return slices.Clone(k), bytes.Clone(v)
}
