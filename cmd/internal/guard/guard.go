// Package guard says what a person must be allowed to do to use a command. Every
// command declares exactly one permission; a test walks all commands and fails on
// one without. The words are those of the permission matrix.
package guard

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/rbac"
)

// Permission names what a command does to the things that roles protect.
type Permission string

// The permissions.
const (
	None            Permission = "none"             // anybody, also without a log-in: it shows no data and changes nothing shared
	SetUp           Permission = "project.setup"    // make a project, become its owner
	LogIn           Permission = "login"            // become somebody with a password, key or code, which the command itself asks for
	LoggedIn        Permission = "logged-in"        // any member, about themselves
	ViewFlows       Permission = "flows.view"       // see flows, schedules, statistics
	ViewConnections Permission = "connections.view" // see hosts and users, and use them to look
	ReadData        Permission = "data.read"        // see rows
	EditFlows       Permission = "flows.edit"       // write and approve flow files
	RunFlows        Permission = "flows.run"        // move data
	SetSecrets      Permission = "secrets.set"      // set values that nobody reads back
	ManagePeople    Permission = "people.manage"    // invite and alter people and service accounts
	Own             Permission = "store.own"        // hand the store to somebody else
	SetPolicy       Permission = "policy.set"       // change the rules
	ReadAudit       Permission = "audit.read"       // read the audit log
	PruneAudit      Permission = "audit.prune"      // prune the audit log, restore the store
	RotateKeys      Permission = "keys.rotate"      // rotate keys, compact
)

// Rule is what a permission asks of a person in a store.
type Rule struct {
	Permission Permission
	Verb       rbac.Verb // "" asks nothing of a role
	// Storeless commands also work where there is no store, and so nobody to ask.
	Storeless bool
}

// Rules lists the permissions.
func Rules() []Rule {
	return []Rule{
		{None, "", true},
		{SetUp, "", true},
		{LogIn, "", true},
		{LoggedIn, "", false},
		{ViewFlows, rbac.ViewFlow, true},
		{ViewConnections, rbac.ViewConnection, true},
		{ReadData, rbac.RunDraft, true},
		{EditFlows, rbac.EditFlow, true},
		{RunFlows, rbac.RunApproved, true},
		{SetSecrets, rbac.SetSecret, false},
		{ManagePeople, rbac.ManagePeople, false},
		{Own, rbac.TransferOwnership, false},
		{SetPolicy, rbac.SetPolicy, false},
		{ReadAudit, rbac.ReadAudit, false},
		{PruneAudit, rbac.PruneAudit, false},
		{RotateKeys, rbac.RotateBoxes, false},
	}
}

// RuleOf is the rule of a permission.
func RuleOf(p Permission) (Rule, bool) {
	for _, r := range Rules() {
		if r.Permission == p {
			return r, true
		}
	}
	return Rule{}, false
}

const annotation = "permission"

// Needs declares the permission of c and returns c.
func Needs(c *cobra.Command, p Permission) *cobra.Command {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[annotation] = string(p)
	return c
}

// Of is the permission c declares, "" when it declares none.
func Of(c *cobra.Command) Permission { return Permission(c.Annotations[annotation]) }
