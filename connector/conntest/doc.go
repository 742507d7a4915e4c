// Package conntest is the contract of stores, sources and sinks as tests. A connector
// is what passes them; what it cannot do, its harness says.
package conntest
