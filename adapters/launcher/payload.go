//go:build packaged

package main

import (
	_ "embed"
	"strings"
)

// A string, not bytes behind the end of the file: so the payload lies inside the image, and the signature that Go's
// linker gives to a program for macOS covers it. The image's pages are read when they are touched, and only unpacking
// touches those of the archive.
var (
	//go:embed payload/payload.tar.zst
	archive string
	//go:embed payload/payload.sha256
	archiveDigest string
	//go:embed payload/MANIFEST
	manifest string
	//go:embed payload/minimum.txt
	minimum string
	//go:embed payload/release_key.pub
	releaseKey string
)

// carried is the payload of this executable.
func carried() Payload {
	return Payload{Archive: archive, Digest: strings.TrimSpace(archiveDigest), Manifest: manifest, Minimum: minimum}
}
