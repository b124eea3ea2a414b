//go:build !packaged

package main

// carried is empty in a build that scripts/package.ts didn't make.
func carried() Payload { return Payload{} }

// releaseKey is the public key that upgrades are signed for, in PEM; empty for none.
var releaseKey string
