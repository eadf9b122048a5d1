package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func newRulesSignCommand(a *app) *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:   "sign --key PEM [PACK]",
		Short: "Print the Ed25519 signature of a pack",
		Long: `sign prints the signature, in base64, over name, version and hash of a rule pack. The key is
an Ed25519 private key in PKCS #8 PEM, as 'openssl genpkey -algorithm ed25519' makes it.`,
		Example: "  banshift rules sign --key release.pem ./my-rules > my-rules.sig",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			block, err := readPEM(keyFile)
			if err != nil {
				return err
			}
			parsed, err := x509.ParsePKCS8PrivateKey(block)
			if err != nil {
				return fmt.Errorf("key %s: %w", keyFile, err)
			}
			key, ok := parsed.(ed25519.PrivateKey)
			if !ok {
				return fmt.Errorf("key %s: not an Ed25519 private key", keyFile)
			}
			pack, err := a.packOf(args)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, pack.Sign(key))
			return err
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "private key (PKCS #8 PEM)")
	return cmd
}

func newRulesVerifyCommand(a *app) *cobra.Command {
	var keyFile, signatureFile string
	cmd := &cobra.Command{
		Use:     "verify --key PEM --signature FILE [PACK]",
		Short:   "Check the signature of a pack",
		Example: "  banshift rules verify --key release.pub.pem --signature my-rules.sig ./my-rules",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			block, err := readPEM(keyFile)
			if err != nil {
				return err
			}
			parsed, err := x509.ParsePKIXPublicKey(block)
			if err != nil {
				return fmt.Errorf("key %s: %w", keyFile, err)
			}
			key, ok := parsed.(ed25519.PublicKey)
			if !ok {
				return fmt.Errorf("key %s: not an Ed25519 public key", keyFile)
			}
			if signatureFile == "" {
				return misused(errors.New("--signature is missing: name the file with the signature"))
			}
			signature, err := os.ReadFile(signatureFile)
			if err != nil {
				return fmt.Errorf("signature: %w", err)
			}
			pack, err := a.packOf(args)
			if err != nil {
				return err
			}
			if err := pack.VerifySignature(key, string(signature)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s: signature holds\n", pack.Version())
			return err
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "public key (PEM)")
	cmd.Flags().StringVar(&signatureFile, "signature", "", "file with the signature")
	return cmd
}

// readPEM gives the bytes of the first PEM block of a file.
func readPEM(file string) ([]byte, error) {
	if file == "" {
		return nil, misused(errors.New("--key is missing: name a PEM file with an Ed25519 key"))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("key %s: no PEM block", file)
	}
	return block.Bytes, nil
}
