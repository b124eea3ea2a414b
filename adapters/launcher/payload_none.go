//go:build !packaged

package main

// carried is empty in a build that scripts/package.ts didn't make.
func carried() Payload { return Payload{} }
