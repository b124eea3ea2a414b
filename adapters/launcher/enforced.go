package main

// Enforcement is one layer of a process's confinement, and whether this machine really enforces it.
type Enforcement struct {
	Layer    string `json:"layer"`
	Enforced bool   `json:"enforced"`
	// By what, or why not.
	Detail string `json:"detail"`
}
