package rbac

import "fmt"

// Role is what a person may do; everybody has exactly one.
type Role string

// The roles, from the most powerful. An APIUser is a program: it runs named flows
// and sees its own runs only.
const (
	Superadmin    Role = "superadmin"
	Administrator Role = "administrator"
	Editor        Role = "editor"
	Operator      Role = "operator"
	Viewer        Role = "viewer"
	APIUser       Role = "api-user"
)

// Roles lists the roles, from the most powerful.
func Roles() []Role {
	return []Role{Superadmin, Administrator, Editor, Operator, Viewer, APIUser}
}

// ParseRole reads the name of a role.
func ParseRole(s string) (Role, error) {
	for _, r := range Roles() {
		if s == string(r) {
			return r, nil
		}
	}
	return "", fmt.Errorf("role %q: unknown; roles are superadmin, administrator, editor, operator, viewer, api-user", s)
}

// The ranks decide who may alter whom. The owner stands above all roles.
const (
	rankNobody = iota
	rankAPIUser
	rankViewer
	rankOperator
	rankEditor
	rankAdministrator
	rankSuperadmin
	rankOwner
)

func (r Role) rank() int {
	switch r {
	case Superadmin:
		return rankSuperadmin
	case Administrator:
		return rankAdministrator
	case Editor:
		return rankEditor
	case Operator:
		return rankOperator
	case Viewer:
		return rankViewer
	case APIUser:
		return rankAPIUser
	}
	return rankNobody
}

// AtLeast reports whether r stands at or above other.
func (r Role) AtLeast(other Role) bool { return r.rank() >= other.rank() && other.rank() > rankNobody }

// Ceiling is the level of r on flows before grants narrow it.
func (r Role) Ceiling() Level {
	switch r {
	case Superadmin, Administrator, Editor:
		return Manage
	case Operator, APIUser:
		return Run
	case Viewer:
		return Monitor
	}
	return NoLevel
}
