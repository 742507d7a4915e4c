package parquet

import "sync"

// sharedBytes bounds what the encoders of one output hold back together, when there are
// several: the files of partitions are all open at once.
const sharedBytes = 32 << 20

// workshop is what the encoders with the same Options share.
type workshop struct {
	mu       sync.Mutex
	z        *compressor
	free     []*work
	encoders int
	held     int // bytes that wait in all of them
}

// join counts one more encoder.
func (s *workshop) join(o *Options) (z *compressor, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.z == nil {
		if s.z, err = newCompressor(o); err != nil {
			return nil, err
		}
	}
	s.encoders++
	return s.z, nil
}

// lend gives memory to work in.
func (s *workshop) lend() *work {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		w := s.free[n-1]
		s.free = s.free[:n-1]
		return w
	}
	return &work{}
}

func (s *workshop) giveBack(w *work) {
	clear(w.vectors)
	s.mu.Lock()
	s.free = append(s.free, w)
	s.mu.Unlock()
}

// hold says that an encoder holds back now bytes instead of before, and reports whether
// it should write them: all together hold too much, and it is not among the
// smaller ones.
func (s *workshop) hold(before, now int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += now - before
	return s.encoders > 1 && s.held > sharedBytes && now >= s.held/s.encoders
}

// crowded reports whether an encoder should not keep memory it does not need.
func (s *workshop) crowded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.encoders > 4
}

// leave counts one encoder less, which held some bytes.
func (s *workshop) leave(held int) {
	s.mu.Lock()
	s.encoders--
	s.held -= held
	s.mu.Unlock()
}
