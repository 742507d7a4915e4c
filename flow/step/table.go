package step

import (
	"slices"

	"github.com/headgate/headgate/connector/spec"
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
		dedupeKind(),
		limitKind(),
		expectKind(),
	}
}

// later lists the steps of the flow format that this version does not have.
func later() []string {
	return []string{"sort", "aggregate", "lookup", "route", "unnest", "flatten", "unpivot", "mask"}
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
	if slices.Contains(later(), name) {
		return spec.Finding{Code: "step.unsupported", Message: "step `" + name + "` is not supported by this version yet"}
	}
	return spec.Finding{
		Code:       "step.unknown",
		Message:    "unknown step " + spec.Quote(name),
		Suggestion: spec.DidYouMean(name, append(Names(), later()...)),
	}
}
