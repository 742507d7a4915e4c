package parquet

import "testing"

func TestShare(t *testing.T) {
	s := share{bound: 1000}
	s.asked.Add(1)
	if got := s.of(1 << 20); got != 1<<20/1000 {
		t.Errorf("before a batch is done: %d", got)
	}
	s.asked.Add(3)
	s.settle()
	if got := s.of(1 << 20); got != 1<<18 {
		t.Errorf("of the four columns asked for: %d", got)
	}
	if got := new(share).of(100); got != 100 {
		t.Errorf("without columns: %d", got)
	}
}
