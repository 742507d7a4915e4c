package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests start themselves as other processes: the first argument after -- says
// what such a process does with the store it is told.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		if err := child(os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(what string, args []string) error {
	s := &Store{Path: args[0], Buckets: []string{"a", "b"}}
	switch what {
	case "fsck":
		return FsckChild(args[0], os.Stdout)
	case "append":
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		for range n {
			if err := appendBoth(s); err != nil {
				return err
			}
		}
	case "keep":
		return s.KeepOlder(context.Background(), 24*time.Hour, time.Now())
	case "forever":
		fmt.Println("ready")
		for {
			if err := appendBoth(s); err != nil {
				return err
			}
			if rand.IntN(8) == 0 {
				if err := s.Compact(context.Background(), true); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// appendBoth adds one entry to a and the same to b.
func appendBoth(s *Store) error {
	return s.Update(context.Background(), Change{}, func(tx *Tx) error {
		last, _ := tx.Last("b")
		var n uint64
		if last != nil {
			n = binary.BigEndian.Uint64(last) + 1
		}
		k := binary.BigEndian.AppendUint64(nil, n)
		return errors.Join(tx.Put("a", k, make([]byte, 300)), tx.Put("b", k, make([]byte, 300)))
	})
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, append([]string{"child"}, args...)...)
	c.Stderr = os.Stderr
	return c
}

func start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := command(t, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompactionLosesNoEntry: 20 processes append while one rewrites the file.
func TestCompactionLosesNoEntry(t *testing.T) {
	s := made(t)
	var children []*exec.Cmd
	for range 20 {
		children = append(children, start(t, "append", s.Path, "10"))
	}
	for range 5 {
		if err := s.Compact(context.Background(), true); err != nil {
			t.Error(err)
		}
	}
	for _, c := range children {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n := count(t, s, "b"); n != 200 {
		t.Errorf("%d entries, want 200", n)
	}
}

// TestDailyCopyIsOne: of many processes that want a copy at the same time one makes it, and the older
// copies stay.
func TestDailyCopyIsOne(t *testing.T) {
	s := made(t)
	for i := range 3 {
		put(t, s, Change{Copy: true}, "n", fmt.Sprint(i))
	}
	for _, yesterday := range []time.Duration{-25 * time.Hour, 30 * time.Hour} { // the second by a clock that was wrong
		was := time.Now().Add(yesterday)
		if err := os.Chtimes(s.copyName(1), was, was); err != nil {
			t.Fatal(err)
		}
		var before []string
		for i := range 2 {
			before = append(before, copied(t, s, i+1))
		}
		put(t, s, Change{}, "n", yesterday.String())
		var children []*exec.Cmd
		for range 20 {
			children = append(children, start(t, "keep", s.Path))
		}
		for _, c := range children {
			if err := c.Wait(); err != nil {
				t.Error(err)
			}
		}
		got := []string{copied(t, s, 1), copied(t, s, 2), copied(t, s, 3)}
		if want := append([]string{yesterday.String()}, before...); !slices.Equal(got, want) {
			t.Errorf("copies %q, want %q", got, want)
		}
	}
}

// copied is what a copy holds.
func copied(t *testing.T, s *Store, i int) string {
	t.Helper()
	c := *s
	c.Path = s.copyName(i)
	return get(t, &c, "n")
}

func count(t *testing.T, s *Store, bucket string) (n int) {
	t.Helper()
	err := s.View(context.Background(), func(tx *Tx) error {
		return tx.Each(bucket, nil, nil, func(k, _ []byte) error {
			if len(k) == 8 {
				n++
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKilledWriters kills a process at random moments of writing and compacting:
// both buckets always hold the same, and nothing that was there is lost.
func TestKilledWriters(t *testing.T) {
	s := made(t)
	before := 0
	for range 50 {
		c := command(t, "forever", s.Path)
		out, err := c.StdoutPipe()
		if err = errors.Join(err, c.Start()); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond) // the moment is the point of the test
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		a, b := count(t, s, "a"), count(t, s, "b")
		if a != b || a < before {
			t.Fatalf("%d and %d entries, %d before", a, b, before)
		}
		before = a
	}
	if before == 0 {
		t.Error("nobody wrote anything: the test shows nothing")
	}
}

func TestFsck(t *testing.T) {
	s := made(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Fsck(context.Background(), []string{exe, "child", "fsck", s.Path})
	if err != nil || r.Pages == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	var damaged *DamagedError
	if _, err := s.Fsck(context.Background(), []string{exe, "child", "nonsense"}); !errors.As(err, &damaged) || !strings.Contains(err.Error(), "check ended") {
		t.Errorf("a child that crashes: %v", err)
	}
}
