// Package servers starts real servers for tests: each as a foreground child of the test,
// in a folder of its own, on a free port of this machine, stopped and waited for when
// the test ends.
//
// A server that is not installed skips the test; with HEADGATE_REQUIRE_SERVICES=1 it fails it.
package servers
