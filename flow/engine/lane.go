package engine

import (
	"fmt"
	"slices"
	"sync"

	"github.com/headgate/headgate/connector"
)

// laneState says what happens to a lane at the reading end.
type laneState uint8

const (
	opening   laneState = iota
	idle                // it may be read
	beingRead           // by one worker
)

// lane is one split under way. It is closed when the last of its morsels has been
// committed. The pipeline's mu guards what is not said otherwise.
type lane struct {
	split   connector.Split
	reader  connector.Reader
	writer  connector.Writer // of this split, or the pipeline's; set when reading begins
	own     bool             // writer belongs to this split
	state   laneState
	begun   bool
	err     error // opening failed; told when it is read
	tickets int64
	commits *turnstile // when the splits are independent of each other

	mu       sync.Mutex // guards what is below
	inFlight int
	drained  bool // the reader has reached its end
}

// readable is a lane that can be read now, last if it can. In order, it is the first of all.
func (p *pipeline) readable(last *lane) *lane {
	if len(p.lanes) == 0 {
		return nil
	}
	if !p.free {
		if p.lanes[0].state == idle {
			return p.lanes[0]
		}
		return nil
	}
	var found *lane
	for _, l := range p.lanes {
		if l.state == idle && (l == last || found == nil) {
			found = l
		}
	}
	return found
}

// smallSplit is the size up to which as many splits are opened ahead as the source likes: what
// counts then is not reading them but getting at them.
const smallSplit = 1 << 20

// room reports whether the next split may be opened beside those that are open. The caller
// holds mu.
func (p *pipeline) room() bool {
	if p.next == len(p.splits) {
		return false
	}
	n, limit := len(p.lanes), p.ahead
	if size := p.splits[p.next].Bytes; !p.free && (size < 0 || size > smallSplit) {
		limit = min(limit, 2) // the next one is ready when this one ends
	}
	return n < limit
}

// openNext opens the next split, while the others go on. The caller holds mu.
func (p *pipeline) openNext() {
	l := &lane{split: p.splits[p.next], commits: newTurnstile()}
	p.next++
	p.lanes = append(p.lanes, l)
	p.mu.Unlock()
	r, err := p.plan.From.Open(p.reading, l.split)
	p.mu.Lock()
	l.reader, l.err, l.state = r, err, idle
	if err == nil {
		p.all[l] = true
	}
	p.changed.Broadcast()
}

// start gives a lane its writer.
func (p *pipeline) start(l *lane, first bool) (err error) {
	if !first || l.err != nil {
		return l.err
	}
	l.writer = p.writer
	if p.writer != nil {
		return nil
	}
	l.writer, err = p.plan.To.Open(p.ctx, p.session, l.split)
	l.own = err == nil
	return err
}

// remove takes a lane off those to be read. The caller holds mu.
func (p *pipeline) remove(l *lane) {
	p.lanes = slices.DeleteFunc(p.lanes, func(x *lane) bool { return x == l })
	p.changed.Broadcast()
}

// bytesRead is how much has been read so far. The caller holds mu.
func (p *pipeline) bytesRead() int64 {
	n := p.bytesBefore
	for _, l := range p.lanes {
		if l.begun && l.err == nil {
			n += l.reader.BytesRead()
		}
	}
	return n
}

// finish takes one morsel, or the reader's end, off a lane, and closes the lane
// with the last of them.
func (p *pipeline) finish(l *lane, drained bool) error {
	l.mu.Lock()
	if drained {
		l.drained = true
	} else {
		l.inFlight--
	}
	over := l.drained && l.inFlight == 0
	l.mu.Unlock()
	if !over {
		return nil
	}
	p.mu.Lock()
	delete(p.all, l)
	p.mu.Unlock()
	p.meter.SplitsDone.Add(1)
	return p.end(l)
}

// end closes a lane and seals what it wrote.
func (p *pipeline) end(l *lane) error {
	if err := l.reader.Close(); err != nil {
		if l.own {
			l.writer.Close()
		}
		return fmt.Errorf("close %s: %w", l.split.Name, err)
	}
	if !l.own {
		return nil
	}
	return p.seal(l.writer)
}

// wind ends the lanes that were not read to their end, since no step wanted more: what they wrote
// counts.
func (p *pipeline) wind() error {
	for _, l := range slices.Clone(p.lanes) {
		if !l.begun {
			continue
		}
		if err := verify(p.ctx, l.reader); err != nil {
			return err
		}
		delete(p.all, l)
		if err := p.end(l); err != nil {
			return err
		}
	}
	return nil
}

// abandon closes what is still open.
func (p *pipeline) abandon() {
	for l := range p.all {
		l.reader.Close()
		if l.own {
			l.writer.Close()
		}
	}
	if p.writer != nil {
		p.writer.Close()
	}
}

// abreast is how many splits an end of the flow can have open at once.
func abreast(end any) int {
	if p, ok := end.(connector.Parallel); ok {
		return max(1, p.Parallel())
	}
	return 1
}
