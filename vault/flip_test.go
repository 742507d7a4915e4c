package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/headgate/headgate/vault/store"
	bolt "go.etcd.io/bbolt"
)

// hangs is how long one use of a small store may take. One that took longer is done
// again before it counts, since the machine may have had other things to do.
const hangs = 2 * time.Second

// settled writes the store anew with its pages full and in an order that does not
// depend on the run of the test, and with nothing after the last page.
func (h *house) settled() {
	h.t.Helper()
	name := h.opt.Path + ".settled"
	to, err := bolt.Open(name, 0o600, &bolt.Options{PageSize: 4096, FreelistType: bolt.FreelistArrayType})
	ok(h.t, "open", err)
	h.look(func(tx *store.Tx) {
		for _, b := range append(covered(), bucketOps, bucketState, bucketLog, bucketFrontier) {
			ok(h.t, b, to.Update(func(w *bolt.Tx) error {
				into, err := w.CreateBucket([]byte(b))
				if err != nil {
					return err
				}
				into.FillPercent = 1
				return tx.Each(b, nil, nil, into.Put)
			}))
		}
	})
	ok(h.t, "close", to.Close())
	raw, err := os.ReadFile(name)
	ok(h.t, "read", err)
	newest := 0
	if binary.NativeEndian.Uint64(raw[4096+64:]) > binary.NativeEndian.Uint64(raw[64:]) {
		newest = 4096
	}
	h.restore(raw[:4096*binary.NativeEndian.Uint64(raw[newest+56:])])
	ok(h.t, "remove", os.Remove(name))
}

// flipper flips bits in a copy of a store, and puts it back after each use.
type flipper struct {
	house
	raw   []byte
	pins  map[string][]byte
	paths map[string]func() error
	count map[string]int
	long  time.Duration
}

func (h *house) flipper() *flipper {
	f := &flipper{house: *h, raw: h.bytes(), pins: map[string][]byte{}, count: map[string]int{}}
	dir := h.t.TempDir()
	ok(h.t, "mode", os.Chmod(dir, 0o700))
	f.opt.Path, f.opt.Pins = filepath.Join(dir, "store.db"), filepath.Join(dir, "pins")
	ok(h.t, "pins", os.CopyFS(f.opt.Pins, os.DirFS(h.opt.Pins)))
	names, err := filepath.Glob(filepath.Join(f.opt.Pins, "*", "*"))
	ok(h.t, "pins", err)
	for _, name := range names {
		f.pins[name], err = os.ReadFile(name)
		ok(h.t, "pins", err)
	}
	f.restore(f.raw)
	f.paths = f.house.paths()
	return f
}

// again makes store and pins what they were, but for one byte.
func (f *flipper) again(at int, b byte) error {
	now, err := os.ReadFile(f.opt.Path)
	if err != nil {
		return err
	}
	kept := f.raw[at]
	f.raw[at] = b
	if !bytes.Equal(now, f.raw) {
		err = os.WriteFile(f.opt.Path, f.raw, 0o600)
	}
	f.raw[at] = kept
	for name, want := range f.pins {
		if got, e := os.ReadFile(name); e != nil || !bytes.Equal(got, want) {
			err = errors.Join(err, os.WriteFile(name, want, 0o600))
		}
	}
	return err
}

// flip uses the store on all paths with one bit flipped. The error is what must not be.
func (f *flipper) flip(bit int) error {
	at, flipped := bit/8, f.raw[bit/8]^1<<(bit%8)
	for _, name := range []string{"read", "verify", "write"} {
		err := f.timed(at, flipped, f.paths[name])
		reason := ReasonOf(err)
		if errors.Is(err, errWrongData) || err != nil && reason != ReasonIntegrity && reason != ReasonNewer {
			return fmt.Errorf("byte %d, bit %d, %s: %q, %w", at, bit%8, name, reason, err)
		}
		f.count[name+" "+string(reason)]++
	}
	return nil
}

var errHangs = errors.New("it hangs")

// timed does not wait for a use that hangs, which keeps its goroutine.
func (f *flipper) timed(at int, flipped byte, use func() error) error {
	for range 2 {
		if err := f.again(at, flipped); err != nil {
			return err
		}
		begin, done := time.Now(), make(chan error, 1)
		go func() { done <- use() }()
		select {
		case err := <-done:
			took := time.Since(begin)
			f.long = max(f.long, took)
			if took < hangs {
				return err
			}
		case <-time.After(30 * hangs):
			return errHangs
		}
	}
	return fmt.Errorf("%w for %v", errHangs, f.long)
}

// chosen is which bits TestFlippedBits flips, in an order that mixes the whole file:
// some hundred of them; with HEADGATE_EVERY_BIT=1 all, which takes minutes, best with
// TMPDIR on a file system in memory.
func chosen(size int) []int {
	order := rand.New(rand.NewPCG(3, 4)).Perm(size)
	if os.Getenv("HEADGATE_EVERY_BIT") != "" {
		return order
	}
	return order[:400]
}

// TestFlippedBits flips bits of a small store, which is the same in each run of the
// test: no wrong data, no crash, no hang, and no outcome but none where nothing is
// stored, integrity, and what the format means.
func TestFlippedBits(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	h := small(t)
	h.settled()
	raw := h.bytes()
	bits := chosen(len(raw) * 8)
	t.Logf("%d bits of %d bytes, %x", len(bits), len(raw), sha256.Sum256(raw))
	workers := make([]*flipper, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i := range workers {
		w := h.flipper()
		workers[i] = w
		all.Go(func() {
			for n := i; n < len(bits); n += len(workers) {
				err := w.flip(bits[n])
				if err != nil {
					t.Error(err)
				}
				if errors.Is(err, errHangs) {
					return
				}
				if n%20000 == 10000 {
					fmt.Println(n, "of", len(bits), w.long, w.count)
				}
			}
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, w := range workers {
		for o := range maps.Keys(w.count) {
			count[o] += w.count[o]
		}
		t.Log("the longest use took", w.long)
	}
	t.Log(count)
	for _, want := range []string{"read ", "read integrity", "verify ", "verify integrity", "write ", "write integrity"} {
		if count[want] == 0 {
			t.Errorf("%q: never, of %v", want, count)
		}
	}
}
