package engine

// A piece of the input is usually about as large as its reader likes. One with a row of many megabytes
// is larger, and takes as much again in each form that the row has. Of such pieces only a few are
// in flight.
const (
	heavyPiece = 4 << 20
	maxHeavy   = 8 << 20 // at which no more is read
)

// weigh counts the piece that w was given. The caller holds mu.
func (p *pipeline) weigh(t *ticket, chunk []byte) {
	if n := len(chunk); n >= heavyPiece {
		t.heavy = n
		p.heavy += n
	}
}

// lighten lets go of a piece that was counted, and of its memory.
func (w *worker) lighten(t ticket) {
	if t.heavy == 0 {
		return
	}
	b := &w.m.Batch
	w.m.Chunk, w.m.Out, w.m.Scratch, b.Buf, b.Aux = nil, nil, nil, nil, nil
	w.p.mu.Lock()
	w.p.heavy -= t.heavy
	w.p.mu.Unlock()
	w.p.changed.Broadcast()
}
