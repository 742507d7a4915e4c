package step

import (
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
)

// Kinds lists the steps, one line each.
func Kinds() []Kind {
	return []Kind{
		filterKind(),
		setKind(),
		selectKind(),
		dropKind(),
		renameKind(),
		castKind(),
		maskKind(),
		dedupeKind(),
		limitKind(),
		expectKind(),
	}
}

// Find is the step of that name.
func Find(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Names lists the names of the steps.
func Names() []string {
	var list []string
	for _, k := range Kinds() {
		list = append(list, k.Name)
	}
	return list
}

// Unknown says what is wrong with a step that Find does not know. The finding has no
// position.
func Unknown(name string) spec.Finding {
	if flow.Later(name) {
		return spec.Finding{Code: "flow.unsupported", Message: flow.NotYet("step " + name)}
	}
	return spec.Finding{
		Code:       "step.unknown",
		Message:    "unknown step " + spec.Quote(name),
		Suggestion: spec.DidYouMean(name, Names()),
	}
}
