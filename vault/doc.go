// Package vault is the store.
package vault
