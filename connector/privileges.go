package connector

import "slices"

// Need is what a flow is going to ask of a connection: exactly one of Read and Write is set.
type Need struct {
	Flow  string // its name, with that of its stream
	Read  *SourceRequest
	Write *SinkRequest
}

// Privileges is what a login may do, compared with what flows need of it.
type Privileges struct {
	Login  string      `json:"login"`
	Roles  []string    `json:"roles"` // that it is a member of, itself or through others
	Rights []Privilege `json:"rights"`
	Notes  []string    `json:"notes"` // what could not be compared, and why
}

// Privilege is a right that the login has, or that flows need, or both.
type Privilege struct {
	Right string   `json:"right"` // as the system calls it: SELECT, CREATE, SUPERUSER
	On    string   `json:"on"`    // table shop.orders; "" = the login itself
	Has   bool     `json:"has"`
	Via   string   `json:"via,omitempty"` // the role that it comes from, or what stands above rights; "" = it is the login's own
	For   []string `json:"needed_by"`     // flows
	// Fix is the statement that mends it: it gives what is missing, takes away what nobody needs,
	// or gives what is needed and comes from something that nobody needs. "" = nothing to mend, or no
	// single statement does.
	Fix string `json:"fix,omitempty"`
}

// Missing reports whether a flow needs the right and the login does not have it.
func (p Privilege) Missing() bool { return !p.Has && len(p.For) > 0 }

// Excess reports whether the login has the right and no flow needs it.
func (p Privilege) Excess() bool { return p.Has && len(p.For) == 0 }

// Missing counts the rights that flows lack.
func (p *Privileges) Missing() int { return p.count(Privilege.Missing) }

// Excess counts the rights that no flow needs.
func (p *Privileges) Excess() int { return p.count(Privilege.Excess) }

func (p *Privileges) count(is func(Privilege) bool) (n int) {
	for _, r := range p.Rights {
		if is(r) {
			n++
		}
	}
	return n
}

// Require adds a right that a flow needs; a right that is there already gets one more flow.
func (p *Privileges) Require(right, on, flow string) *Privilege {
	for i := range p.Rights {
		r := &p.Rights[i]
		if r.Right != right || r.On != on {
			continue
		}
		if !slices.Contains(r.For, flow) {
			r.For = append(r.For, flow)
		}
		return r
	}
	p.Rights = append(p.Rights, Privilege{Right: right, On: on, For: []string{flow}})
	return &p.Rights[len(p.Rights)-1]
}

// Note adds a note, once.
func (p *Privileges) Note(text string) {
	if !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}
