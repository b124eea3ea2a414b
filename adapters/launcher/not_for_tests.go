//go:build !fortests

package main

const forTests = false
