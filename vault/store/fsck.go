package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"

	bolt "go.etcd.io/bbolt"
)

// Report is what a check of the whole file found.
type Report struct {
	Problems []string `json:"problems"`
	Pages    int64    `json:"pages"`
}

// FsckChild checks the file at path with the database's own check and writes a
// Report to w. That check may crash on a damaged file in a way that no caller can
// catch, so only a process made for it may call this: the program runs itself with a
// hidden command whose whole work is FsckChild, through Fsck.
func FsckChild(path string, w io.Writer) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: DefaultLockTimeout, PreLoadFreelist: true})
	if err != nil {
		return json.NewEncoder(w).Encode(Report{Problems: []string{err.Error()}})
	}
	r := Report{Problems: []string{}}
	err = db.View(func(tx *bolt.Tx) error {
		for p := range tx.Check() {
			r.Problems = append(r.Problems, p.Error())
		}
		r.Pages = tx.Size() / pageSize
		return nil
	})
	return errors.Join(err, db.Close(), json.NewEncoder(w).Encode(r))
}

// Fsck checks the whole file in a child process: argv is the command that ends in
// FsckChild for s.Path. The store is locked against writers meanwhile. A child that
// crashes, or that ctx ends, makes a *DamagedError.
func (s *Store) Fsck(ctx context.Context, argv []string) (Report, error) {
	var r Report
	unlock, err := s.enter(ctx, false)
	if err != nil {
		return r, err
	}
	defer unlock()
	if err := checkPages(s.Path, s.Long); err != nil {
		return r, err
	}
	var out bytes.Buffer
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Stdout = &out
	if err := c.Run(); err != nil {
		return r, &DamagedError{s.Path, fmt.Sprintf("the check ended with %v", err)}
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, fmt.Errorf("check store %s: %w", s.Path, err)
	}
	if len(r.Problems) > 0 {
		return r, &DamagedError{s.Path, r.Problems[0]}
	}
	return r, nil
}
