package rbac

// Verb is something a person wants to do.
type Verb string

// The verbs.
const (
	ValidateFlow         Verb = "validate a flow file"
	ViewFlow             Verb = "view flows, schedules and statistics"
	ViewConnection       Verb = "view a connection"
	RunApproved          Verb = "run an approved flow"
	RunDraft             Verb = "run a flow that is not approved"
	EditFlow             Verb = "edit, approve and schedule a flow"
	SetSecret            Verb = "set a secret"
	RepointConnection    Verb = "point a connection elsewhere"
	RevealSecret         Verb = "reveal a secret"
	ReadQuarantine       Verb = "read quarantined records"
	RetryQuarantine      Verb = "retry quarantined records"
	PurgeQuarantine      Verb = "purge quarantined records"
	ManagePeople         Verb = "invite and alter people up to editor, and service accounts"
	ManageAdministrators Verb = "invite and alter administrators"
	ManageSuperadmins    Verb = "invite and alter superadmins"
	TransferOwnership    Verb = "transfer ownership"
	SetPolicy            Verb = "change the policy"
	ReadAudit            Verb = "read the audit log"
	VerifyAudit          Verb = "verify audit log and policy"
	PruneAudit           Verb = "prune the audit log, restore the store"
	RotateBoxes          Verb = "rotate box keys"
	MintToken            Verb = "mint an own short token"
)

// Scope is a cell of the matrix: what a verb extends to.
type Scope string

// The scopes.
const (
	All     Scope = "all"
	Granted Scope = "granted" // flows that the grants include, at the row's level
	Own     Scope = "own"     // what the person did
	None    Scope = "no"
)

// Row is one rule of the matrix.
type Row struct {
	Verb   Verb
	Cells  [7]Scope // owner, superadmin, administrator, editor, operator, viewer, api-user
	Level  Level    // what a grant must include where the scope is Granted
	Direct []Class  // what enforces a refusal where a person's own process does the work
	Runner []Class  // and where a runner does
	Note   string
}

// Matrix is the table of who may do what. Can decides by it, role explain prints it.
func Matrix() []Row {
	all := [7]Scope{All, All, All, All, All, All, All}
	people := [7]Scope{All, All, All, None, None, None, None}
	flows := [7]Scope{All, All, All, Granted, None, None, None}
	supers := [7]Scope{All, All, None, None, None, None, None}
	owner := [7]Scope{All, None, None, None, None, None, None}
	nobody := [7]Scope{None, None, None, None, None, None, None}
	c := func(list ...Class) []Class { return list }
	return []Row{
		{ValidateFlow, all, NoLevel, nil, nil, "needs no store and no log-in"},
		{ViewFlow, [7]Scope{All, All, All, Granted, Granted, Granted, Own}, Monitor, c(Key, Binary), c(Runner),
			"key against outsiders and api-users; binary between members, who share the box meta"},
		{ViewConnection, [7]Scope{All, All, All, Granted, Granted, None, None}, Monitor, c(Binary), c(Runner),
			"host and user; the connection file itself is not secret"},
		{RunApproved, [7]Scope{All, All, All, Granted, Granted, None, Granted}, Run, c(Key), c(Runner),
			"key: nobody else is a recipient of the secrets that the flow takes; a flow without secrets: binary. An api-user's expiry is binary"},
		{RunDraft, flows, Manage, c(Binary), c(Runner), ""},
		{EditFlow, flows, Manage, c(Signature), c(Signature), "approvals; the flow file belongs to whoever may write it"},
		{SetSecret, flows, Manage, c(Signature), c(Signature), "write-only"},
		{RepointConnection, flows, Manage, c(Signature, Binary), c(Signature, Key),
			"signature for lower roles; that the secret must be entered again is binary here and key with a runner"},
		{RevealSecret, nobody, NoLevel, c(Binary), c(Key),
			"no command does; a person's own process must hold the secrets of the flows it runs"},
		{ReadQuarantine, flows, Manage, c(Key), c(Key), ""},
		{RetryQuarantine, flows, Manage, c(Key), c(Runner), "operators only with a runner"},
		{PurgeQuarantine, flows, Manage, c(Signature), c(Signature), "and by the rights on the files"},
		{ManagePeople, people, NoLevel, c(Signature), c(Signature), ""},
		{ManageAdministrators, people, NoLevel, c(Signature), c(Signature), ""},
		{ManageSuperadmins, supers, NoLevel, c(Signature), c(Signature), ""},
		{TransferOwnership, owner, NoLevel, c(Signature), c(Signature), "signed by both owners"},
		{SetPolicy, supers, NoLevel, c(Signature), c(Signature), ""},
		{ReadAudit, [7]Scope{All, All, All, Own, Own, Own, Own}, NoLevel, c(Key), c(Key), ""},
		{VerifyAudit, all, NoLevel, nil, nil, "needs no key"},
		{PruneAudit, supers, NoLevel, c(Signature, Detect), c(Signature, Detect), ""},
		{RotateBoxes, people, NoLevel, c(Signature, Key), c(Signature, Key), "boxes that the person holds"},
		{MintToken, all, NoLevel, c(Key), c(Key), "with the person's own key"},
	}
}

// Column is the heading of a column of the matrix.
type Column struct {
	Name  string
	Role  Role
	Owner bool
}

// Columns lists the columns of the matrix.
func Columns() []Column {
	list := []Column{{"owner", Superadmin, true}}
	for _, r := range Roles() {
		list = append(list, Column{string(r), r, false})
	}
	return list
}

// Cell is the scope of the row for a role, or for the owner.
func (r Row) Cell(role Role, owner bool) Scope {
	for i, c := range Columns() {
		if c.Owner == owner && (owner || c.Role == role) {
			return r.Cells[i]
		}
	}
	return None
}

// RowOf is the row of a verb.
func RowOf(v Verb) (Row, bool) {
	for _, r := range Matrix() {
		if r.Verb == v {
			return r, true
		}
	}
	return Row{}, false
}
