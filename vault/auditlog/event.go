package auditlog

import "encoding/json"

// Code is the stable number of a kind of event; commands print it as HG1001.
type Code uint16

// The codes. A code never changes its meaning and is never used again.
const (
	Login         Code = 1001
	LoginFailed   Code = 1002
	Logout        Code = 1003
	SlotAdd       Code = 1010
	SlotRemove    Code = 1011
	StoreInit     Code = 2000
	UserInvite    Code = 2001
	InviteRevoke  Code = 2002
	UserEnroll    Code = 2003
	UserConfirm   Code = 2004
	UserRole      Code = 2005
	UserDisable   Code = 2006
	UserEnable    Code = 2007
	UserRemove    Code = 2008
	UserReset     Code = 2009
	GrantSet      Code = 2010
	GrantRevoke   Code = 2011
	ServiceAdd    Code = 2012
	OwnerTransfer Code = 2013
	BoxRotate     Code = 2020
	SecretSet     Code = 3001
	SecretRemove  Code = 3002
	SecretUse     Code = 3003
	FlowApprove   Code = 4001
	FlowRevoke    Code = 4002
	RunStart      Code = 4003
	RunEnd        Code = 4004
	StateSet      Code = 4005
	Denied        Code = 4009
	PolicySet     Code = 5001
	PlaintextUse  Code = 5002
	HostKeyChange Code = 5003
	TLSLowered    Code = 5004
	StoreCopy     Code = 6001
	StoreCompact  Code = 6002
	AuditExport   Code = 6003
	StoreRestore  Code = 6004
	IntegrityFail Code = 6009
)

var names = map[Code]string{
	Login: "login", LoginFailed: "login.failed", Logout: "logout", SlotAdd: "slot.add", SlotRemove: "slot.remove", StoreInit: "store.init",
	UserInvite: "user.invite", InviteRevoke: "invite.revoke", UserEnroll: "user.enroll", UserConfirm: "user.confirm", UserRole: "user.role",
	UserDisable: "user.disable", UserEnable: "user.enable", UserRemove: "user.remove", UserReset: "user.reset", GrantSet: "grant.set",
	GrantRevoke: "grant.revoke", ServiceAdd: "service.add", OwnerTransfer: "owner.transfer", BoxRotate: "box.rotate", SecretSet: "secret.set", SecretRemove: "secret.remove",
	SecretUse: "secret.use", FlowApprove: "flow.approve", FlowRevoke: "flow.revoke", RunStart: "run.start", RunEnd: "run.end", StateSet: "state.set", Denied: "denied",
	PolicySet: "policy.set", PlaintextUse: "plaintext.used", HostKeyChange: "hostkey.changed", TLSLowered: "tls.lowered", StoreCopy: "store.copy", StoreCompact: "store.compact", AuditExport: "audit.export", StoreRestore: "store.restore", IntegrityFail: "integrity.alarm",
}

// Codes lists the codes that have a name.
func Codes() []Code {
	var list []Code
	for c := range Code(10_000) {
		if _, ok := names[c]; ok {
			list = append(list, c)
		}
	}
	return list
}

// Name is the event's name, such as run.start.
func (c Code) Name() string { return names[c] }

// Event is what a body says. Each is a struct of its own with named fields: nothing
// that merely might be a secret can slip in with a map.
type Event interface{ Code() Code }

// Encode is the body of an event.
func Encode(e Event) ([]byte, error) { return json.Marshal(e) }

// Object is an event about one thing or person, which is all that most events say.
type Object struct {
	Kind   Code   `json:"-"`
	Object string `json:"object,omitempty"` // a flow, a secret's id, a person's id, a setting
	Role   string `json:"role,omitempty"`
	Grant  string `json:"grant,omitempty"`
	Digest string `json:"digest,omitempty"` // of a flow
	Env    string `json:"env,omitempty"`    // the profile of connections.yaml that it is about
	Note   string `json:"note,omitempty"`
	Count  int    `json:"count,omitempty"`
}

// Code implements Event.
func (e Object) Code() Code { return e.Kind }

// Started is the start of a run.
type Started struct {
	Run     string   `json:"run"`
	Name    string   `json:"name,omitempty"` // what the program calls the run
	Flow    string   `json:"object"`
	Digest  string   `json:"digest"`
	Env     string   `json:"env,omitempty"`
	Draft   bool     `json:"draft,omitempty"`
	Secrets []string `json:"secrets,omitempty"` // ids of those that the run may read
}

// Code implements Event.
func (Started) Code() Code { return RunStart }

// Ended is the end of a run.
type Ended struct {
	Run          string `json:"run"`
	Name         string `json:"name,omitempty"`
	Flow         string `json:"object"`
	Status       string `json:"status"`
	Exit         int    `json:"exit"`
	Read         int64  `json:"rows_read"`
	Written      int64  `json:"rows_written"`
	Rejected     int64  `json:"rows_rejected"`
	BytesRead    int64  `json:"bytes_read"`
	BytesWritten int64  `json:"bytes_written"`
}

// Code implements Event.
func (Ended) Code() Code { return RunEnd }

// Used says that secrets were read by what moves no data.
type Used struct {
	Object  string   `json:"object,omitempty"` // a flow, else the secrets
	Purpose string   `json:"purpose"`          // plan, preview, connection test
	Env     string   `json:"env,omitempty"`
	Secrets []string `json:"secrets,omitempty"`
}

// Code implements Event.
func (Used) Code() Code { return SecretUse }

// Refused is an attempt that a role, a grant or the policy did not allow.
type Refused struct {
	Action string `json:"object"`
	Flow   string `json:"flow,omitempty"` // that it was about
	Why    string `json:"why"`
}

// Code implements Event.
func (Refused) Code() Code { return Denied }
