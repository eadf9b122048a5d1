package main

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"

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
			settings, err := asSettings(a.cfg.withoutSecrets())
			if err != nil {
				return err
			}
			encoder := yaml.NewEncoder(a.out)
			encoder.SetIndent(2)
			return encoder.Encode(settings)
		},
	})
	return cmd
}

// asSettings gives a configuration under the names of its keys, as a file has it.
func asSettings(from any) (map[string]any, error) {
	settings := map[string]any{}
	if err := mapstructure.Decode(from, &settings); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	for key, value := range settings {
		list := reflect.ValueOf(value)
		if list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.Struct {
			continue
		}
		items := make([]map[string]any, list.Len())
		for i := range items {
			var err error
			if items[i], err = asSettings(list.Index(i).Interface()); err != nil {
				return nil, err
			}
		}
		settings[key] = items
	}
	return settings, nil
}

// hiddenSecret stands in print-outs for what must not be shown.
const hiddenSecret = "(hidden)"

// withoutSecrets gives a copy that can be shown.
func (c Config) withoutSecrets() Config {
	if c.Kafka.Password != "" {
		c.Kafka.Password = hiddenSecret
	}
	if c.SMTP.Password != "" {
		c.SMTP.Password = hiddenSecret
	}
	if c.SQL.Password != "" {
		c.SQL.Password = hiddenSecret
	}
	c.Subscriptions = slices.Clone(c.Subscriptions)
	for i := range c.Subscriptions {
		if c.Subscriptions[i].Webhook != "" { // who knows the address may post to it
			c.Subscriptions[i].Webhook = hiddenSecret
		}
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
