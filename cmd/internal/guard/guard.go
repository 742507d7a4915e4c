// Package guard says what a person must be allowed to do to use a command. Every
// command declares exactly one permission; a test walks all commands and fails on
// one without. The words are those of the permission matrix.
package guard

import "github.com/spf13/cobra"

// Permission names what a command does to the things that roles protect.
type Permission string

// The permissions.
const (
	None            Permission = "none"             // anybody, also without a log-in: it shows no data and changes nothing shared
	ViewFlows       Permission = "flows.view"       // see flows, schedules, statistics
	ViewConnections Permission = "connections.view" // see hosts and users, and use them to look
	ReadData        Permission = "data.read"        // see rows
	EditFlows       Permission = "flows.edit"       // write flow files
	RunFlows        Permission = "flows.run"        // move data
	SetUp           Permission = "project.setup"    // make a project, become its owner
)

// All lists the permissions.
func All() []Permission {
	return []Permission{None, ViewFlows, ViewConnections, ReadData, EditFlows, RunFlows, SetUp}
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
