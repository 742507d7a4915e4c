package engine

import (
	"io"

	"github.com/headgate/headgate/connector"
)

// take reads the next morsel into m. It is false when there is nothing more to do.
func (p *pipeline) take(m *connector.Morsel, last *lane) (ticket, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended && !p.halted() {
		l := p.readable(last)
		switch {
		case p.heavy >= maxHeavy:
			p.changed.Wait()
		case l != nil:
			if t, ok := p.read(l, m, l == last); ok {
				return t, true
			}
		case p.room():
			p.openNext()
		case len(p.lanes) > 0:
			p.changed.Wait()
		default:
			p.over()
		}
	}
	p.over()
	return ticket{}, false
}

// over ends the reading. The caller holds mu.
func (p *pipeline) over() {
	p.ended = true
	p.changed.Broadcast()
}

// read reads a piece of l into m; without one there is no ticket. The caller holds mu, which is not
// held meanwhile.
func (p *pipeline) read(l *lane, m *connector.Morsel, again bool) (ticket, bool) {
	l.state = beingRead
	first := !l.begun
	l.begun = true
	if first && l.err == nil {
		p.begun++
	}
	if !again {
		m.Scratch = nil
	}
	p.mu.Unlock()
	failed := p.start(l, first)
	var err error
	if failed == nil {
		err = l.reader.Next(p.reading, m)
	}
	p.mu.Lock()
	if failed != nil && !p.halted() {
		return p.failing(failed), true
	}
	if failed != nil {
		return ticket{}, false
	}
	p.meter.BytesRead.Store(p.bytesRead())
	switch {
	case err == nil:
		t := p.issue(l)
		p.weigh(&t, m.Chunk)
		return t, true
	case err == io.EOF: // an error that wraps it is a connection that ended
		p.bytesBefore += l.reader.BytesRead()
		p.remove(l)
		p.mu.Unlock()
		err := p.finish(l, true)
		p.mu.Lock()
		if err != nil {
			return p.failing(err), true
		}
		return ticket{}, false
	case p.reading.Err() != nil && p.ctx.Err() == nil:
		// The stop found the reader waiting for input: halted says so next.
		l.state = idle
		p.changed.Broadcast()
		return ticket{}, false
	}
	return p.failing(err), true
}

// issue hands out the ticket of a piece that was read.
func (p *pipeline) issue(l *lane) ticket {
	l.mu.Lock()
	l.inFlight++
	l.mu.Unlock()
	l.state = idle
	p.changed.Signal()
	t := ticket{lane: l, turn: p.commits}
	number := &p.tickets
	if p.free {
		t.turn, number = l.commits, &l.tickets
	}
	t.number = *number
	*number++
	return t
}

// failing is the last ticket of a run whose source failed.
func (p *pipeline) failing(err error) ticket {
	p.over()
	p.tickets++
	t := ticket{number: p.tickets - 1, turn: p.commits, err: err}
	if p.free {
		t.turn = nil
	}
	return t
}

// halted reports whether reading must or may end before the end of the input.
func (p *pipeline) halted() bool {
	select {
	case <-p.stop:
		p.interrupted = true
		return true
	default:
	}
	return p.sated() || p.ctx.Err() != nil
}

// sated reports whether a step takes no more rows. A step before it that has a say at
// the end must see them all.
func (p *pipeline) sated() bool {
	for _, op := range p.plan.Ops {
		if op.Done != nil && op.Done() {
			return true
		}
		if op.Finish != nil {
			return false
		}
	}
	return false
}
