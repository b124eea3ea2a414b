package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyRelease(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	_, strangers, _ := ed25519.GenerateKey(nil)
	der, _ := x509.MarshalPKIXPublicKey(public)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	path := filepath.Join(t.TempDir(), "clawdbot-new")
	if err := os.WriteFile(path, []byte("a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	digest, err := digestOfFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(by ed25519.PrivateKey, line string) string {
		return line + "\n" + base64.StdEncoding.EncodeToString(ed25519.Sign(by, []byte(line+"\n"))) + "\n"
	}
	line := "clawdbot 1.2.3 " + targetHere() + " " + digest
	other := strings.Repeat("0", 64)
	for name, test := range map[string]struct{ signature, digest, key, fails string }{
		"signed":                       {sign(private, line), "", key, ""},
		"signed, and of this digest":   {sign(private, line), strings.ToUpper(digest), key, ""},
		"signed, of another digest":    {sign(private, line), other, key, "its SHA-256 is " + digest},
		"of this digest, no key here":  {"", digest, "", ""},
		"of this digest, unsigned":     {"", digest, key, ""},
		"of this digest, badly signed": {sign(strangers, line), digest, key, "isn't one of the release key"},
		"unsigned":                     {"", "", key, "no signature beside it"},
		"signed, no key here":          {sign(private, line), "", "", "carries no release key"},
		"signed by a stranger":         {sign(strangers, line), "", key, "isn't one of the release key"},
		"signature cut off":            {line + "\n", "", key, "isn't one of the release key"},
		"signature isn't base64":       {line + "\n!\n", "", key, "isn't one of the release key"},
		"another version's line":       {strings.Replace(sign(private, line), "1.2.3", "1.2.4", 1), "", key, "isn't one of the release key"},
		"another file's":               {sign(private, "clawdbot 1.2.3 "+targetHere()+" "+other), "", key, "another file's"},
		"another target's":             {sign(private, "clawdbot 1.2.3 plan9-x64 "+digest), "", key, "it is for plan9-x64"},
		"the key isn't one":            {sign(private, line), "", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "isn't one of the release key"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := verifyRelease(path, test.signature, test.digest, test.key)
			if test.fails == "" && (err != nil || r.digest != digest) || test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)) {
				t.Fatalf("%+v, %v", r, err)
			}
		})
	}
	if _, err := verifyRelease(path+"-missing", sign(private, line), "", key); err == nil {
		t.Fatal("a file that isn't there was taken")
	}
}

func TestRefuseOlder(t *testing.T) {
	for _, versions := range [][2]string{{"0.9.0", "0.10.0"}, {"1.0.0-rc.1", "1.0.0"}, {"1.2", "1.2.1"}} {
		if refuseOlder(versions[0], versions[1], false) == nil || refuseOlder(versions[1], versions[0], false) != nil {
			t.Error(versions)
		}
		if err := refuseOlder(versions[0], versions[1], true); err != nil {
			t.Error(err)
		}
	}
	if err := refuseOlder("1.2.3", "1.2.3", false); err != nil {
		t.Error(err)
	}
}
