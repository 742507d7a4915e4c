package blob

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/headgate/headgate/connector"
)

// What to do with files that an earlier run has read, as flows spell it.
const (
	SeenReload = "reload" // read them again, and keep no ledger
	SeenSkip   = "skip"
	SeenFail   = "fail"
)

// How files that were read are known again.
const (
	// SeenByName takes a file for another one when its name, its size or the time of its
	// change differs.
	SeenByName = "name"
	// SeenByContent takes a file for another one when its contents differ, whatever it is called.
	SeenByContent = "content"
)

// remembers reports whether the source keeps a ledger.
func (s *Source) remembers() bool { return s.cfg.Seen == SeenSkip || s.cfg.Seen == SeenFail }

// likely are the files that Plan will not leave out, as far as is known before it is told the
// cursor: those that were read already need not be looked into.
func (s *Source) likely() []connector.Object {
	known, err := openLedger(s.cfg.Cursor)
	if err != nil || !s.remembers() || len(s.cfg.Cursor) == 0 {
		return s.objects
	}
	var fresh []connector.Object
	for _, o := range s.objects {
		if !known.names[nameOf(o)] {
			fresh = append(fresh, o)
		}
	}
	return fresh
}

// unseen leaves out the files that the ledger knows. A file whose contents it knows gets its name
// into it, so that it need not be read again.
func (s *Source) unseen(ctx context.Context, stored *ledger) ([]connector.Object, error) {
	var fresh []connector.Object
	known := stored.clone() // with those of this plan, so that twins are told apart
	sizes := map[int64]int{}
	for _, o := range s.objects {
		sizes[o.Size]++
	}
	for _, o := range s.objects {
		seen, contents, err := s.seen(ctx, known, o, sizes[o.Size] > 1)
		switch {
		case err != nil:
			return nil, err
		case seen && s.cfg.Seen == SeenFail:
			return nil, fmt.Errorf("read %s: an earlier run has read this file, and `seen` is fail", s.label(o.Name))
		case !seen:
			fresh = append(fresh, o)
		case stored.contents[contents]:
			stored.names[nameOf(o)] = true
		}
	}
	return fresh, nil
}

// seen looks up one file. By contents, it reads only files of a size that was seen
// before, or of which there are several; contents is then what it has found.
func (s *Source) seen(ctx context.Context, known *ledger, o connector.Object, twin bool) (seen bool, contents string, err error) {
	if o.Size < 0 {
		return false, "", nil
	}
	name := nameOf(o)
	if known.names[name] {
		return true, "", nil
	}
	if s.cfg.SeenBy != SeenByContent || !known.sizes[o.Size] && !twin {
		return false, "", nil
	}
	sum, err := s.sumOf(ctx, o)
	if err != nil {
		return false, "", err
	}
	contents = contentsOf(o.Size, sum)
	seen = known.contents[contents]
	known.addContents(contents)
	s.keepSum(o.Name, sum)
	return seen, contents, nil
}

// Conclude completes the plan: the ledger gets what was read, and files that no step
// wanted any more are neither remembered nor moved away.
func (s *Source) Conclude(ctx context.Context, p *connector.SplitPlan) error {
	known, err := openLedger(p.Cursor)
	if err != nil {
		return err
	}
	for i := range p.Splits {
		sp := &p.Splits[i]
		f, err := s.split(*sp)
		if err != nil {
			return err
		}
		if !s.wasBegun(f.Name) {
			f.Unread = true
			if sp.Spec, err = json.Marshal(f); err != nil {
				return err
			}
			continue
		}
		if f.Size < 0 || !s.remembers() {
			continue
		}
		known.names[nameOf(f.object())] = true
		if s.cfg.SeenBy == SeenByContent {
			sum, err := s.sumOf(ctx, f.object())
			if err != nil {
				return err
			}
			known.addContents(contentsOf(f.Size, sum))
		}
	}
	if s.remembers() {
		p.Cursor, err = known.cursor()
	}
	return err
}
