package main

import (
	"fmt"
	"net/url"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func newConfigCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check or print the configuration in force",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "check",
		Short:   "Check the configuration, its lists, networks, home prefixes and rules",
		Example: "  banshift config check --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := loadStages(a.cfg)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "configuration is good: %d lists, %d rules of %s\n",
				len(s.enricher.Lists().Info()), s.pack.NumRules(), s.pack.Version())
			return nil
		},
	}, &cobra.Command{
		Use:     "print",
		Short:   "Print every setting in force as YAML, passwords hidden",
		Example: "  banshift config print --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			settings := map[string]any{}
			if err := mapstructure.Decode(a.cfg.withoutSecrets(), &settings); err != nil {
				return fmt.Errorf("configuration: %w", err)
			}
			encoder := yaml.NewEncoder(a.out)
			encoder.SetIndent(2)
			return encoder.Encode(settings)
		},
	})
	return cmd
}

// hiddenSecret stands in print-outs for what must not be shown.
const hiddenSecret = "(hidden)"

// withoutSecrets gives a copy that can be shown.
func (c Config) withoutSecrets() Config {
	if c.Kafka.Password != "" {
		c.Kafka.Password = hiddenSecret
	}
	c.Store = withoutPassword(c.Store)
	return c
}

// withoutPassword hides the password of a store's or topic's address.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	if _, has := u.User.Password(); !has {
		return address
	}
	u.User = url.UserPassword(u.User.Username(), "hidden")
	return u.String()
}
