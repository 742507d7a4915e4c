package expr

import (
	"slices"
	"strings"
)

// Explain says, for people, how the program runs: what is computed column by column
// and what row by row in the CEL VM.
func (p *Program) Explain() string {
	if p.late {
		return "not known before the run"
	}
	var kernels, rows []string
	explain(p.root, &kernels, &rows)
	var out []string
	switch {
	case p.root.op == opColumn:
		out = append(out, "the column "+p.root.name+" as it is")
	case p.root.op == opConst:
		out = append(out, "a constant")
	}
	if len(kernels) > 0 {
		out = append(out, "kernels: "+strings.Join(kernels, " "))
	}
	if len(rows) > 0 {
		out = append(out, "CEL VM, row by row: "+strings.Join(rows, " "))
	}
	return strings.Join(out, "; ")
}

// explain lists the names of the nodes below n, each once.
func explain(n *node, kernels, rows *[]string) {
	list := kernels
	if n.vm {
		list = rows
	}
	switch {
	case n.op == opConst, n.op == opColumn, n.op == opLocal, strings.HasPrefix(n.name, "@"):
	case !slices.Contains(*list, n.name):
		*list = append(*list, n.name)
	}
	for _, a := range n.args {
		explain(a, kernels, rows)
	}
}
