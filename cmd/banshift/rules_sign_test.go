package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASignatureHoldsForOnePackAndKey(t *testing.T) {
	dir := t.TempDir()
	save := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	pair := func(name string) (private, public string) {
		pub, priv, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		privDER, err := x509.MarshalPKCS8PrivateKey(priv)
		if err != nil {
			t.Fatal(err)
		}
		pubDER, err := x509.MarshalPKIXPublicKey(pub)
		if err != nil {
			t.Fatal(err)
		}
		return save(name+".pem", "PRIVATE KEY", privDER), save(name+".pub.pem", "PUBLIC KEY", pubDER)
	}
	private, public := pair("mine")
	_, others := pair("theirs")
	pack := packFile(t, oneRule)
	changed := packFile(t, strings.Replace(oneRule, "db: 6", "db: 7", 1))
	code, out, errOut := runCommand(t, "rules", "sign", "--key", private, pack)
	if code != 0 {
		t.Fatal(errOut)
	}
	signature := filepath.Join(dir, "sig")
	if err := os.WriteFile(signature, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key, pack string
		holds     bool
	}{{public, pack, true}, {others, pack, false}, {public, changed, false}, {public, builtinPack, false}} {
		code, _, errOut := runCommand(t, "rules", "verify", "--key", test.key, "--signature", signature, test.pack)
		if (code == 0) != test.holds {
			t.Errorf("key %s, pack %s: code %d, %q", filepath.Base(test.key), test.pack, code, errOut)
		}
	}
}
