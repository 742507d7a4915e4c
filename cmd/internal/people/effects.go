package people

import (
	"errors"
	"slices"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/store"
)

// Effects is what a change led to, besides what was asked.
type Effects struct {
	Gained  []Gain   `json:"gained"`  // who can decrypt what since
	Waiting []Gain   `json:"waiting"` // keys that somebody with more keys must hand over
	Rotated []string `json:"rotated"` // boxes with new keys
	Due     []string `json:"due"`     // boxes that wait for new keys
	Exposed []string `json:"exposed"` // secrets to replace at their sources, since somebody lost them who had their keys
}

// Gain says that somebody can decrypt a secret who could not before.
type Gain struct {
	User   string `json:"user"`
	Secret string `json:"secret"`
}

// EffectsOf names what a change led to, from the store before and after it.
func EffectsOf(o vault.Outcome, before, after *Book) Effects {
	return Effects{gains(o.Gained, after), gains(o.Waiting, after), boxes(o.Rotated), boxes(o.Due), exposed(before, after)}
}

// exposed are the secrets that have to be replaced since the change.
func exposed(before, after *Book) []string {
	list := []string{}
	for id, x := range after.State.Secrets {
		if x.Due && !before.State.Secrets[id].Due {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

func gains(list []vault.Gain, b *Book) []Gain {
	named := make([]Gain, 0, len(list))
	for _, g := range list {
		named = append(named, Gain{b.Name(g.User), g.Secret})
	}
	return named
}

func boxes(list []rbac.Box) []string {
	names := make([]string, 0, len(list))
	for _, b := range list {
		names = append(names, string(b))
	}
	return names
}

// Tell says what followed.
func (e Effects) Tell(t *ui.Terminal) {
	for _, g := range e.Gained {
		t.Note("`" + g.User + "` gains `" + g.Secret + "`")
	}
	for _, b := range e.Rotated {
		t.Note("box " + b + " has new keys, since somebody no longer holds it")
	}
	for _, g := range e.Waiting {
		t.Warn("`" + g.User + "` waits for the key of `" + g.Secret + "`: an administrator's next change hands it over")
	}
	for _, b := range e.Due {
		t.Warn("box " + b + " waits for new keys: somebody who holds it, `headgate vault rotate`")
	}
	for _, s := range e.Exposed {
		t.Warn("secret " + s + " was readable and may have been copied: replace it at its source, then `headgate secret rotate`")
	}
}

// Done is err, without what does not undo the change: that bytes which it replaced are
// still in the file is a warning.
func Done(t *ui.Terminal, err error) error {
	var left *store.LeftoverError
	if !errors.As(err, &left) {
		return err
	}
	t.Warn(left.Error() + "; `headgate vault compact` tries again")
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var rest []error
	for _, e := range joined.Unwrap() {
		if !errors.As(e, &left) {
			rest = append(rest, e)
		}
	}
	return errors.Join(rest...)
}
