package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/watch"
	"github.com/banshift/banshift/watch/deliver"
)

// subscriptions are those of the configuration, checked.
func (c Config) subscriptions() ([]watch.Subscription, error) {
	var all []watch.Subscription
	var errs []error
	names := map[string]bool{}
	for i, in := range c.Subscriptions {
		s, err := in.subscription(c.SMTP)
		switch {
		case in.Name == "":
			err = errors.Join(errors.New("name is missing"), err)
		case names[in.Name]:
			err = errors.Join(fmt.Errorf("name %q is that of another one", in.Name), err)
		}
		names[in.Name] = true
		if err != nil {
			errs = append(errs, fmt.Errorf("subscriptions[%d]: %w", i, err))
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

func (in SubscriptionConfig) subscription(server SMTPConfig) (watch.Subscription, error) {
	s := watch.Subscription{Name: in.Name, Countries: in.Countries, Networks: in.Networks, Tools: in.Tools, Services: in.Services, Kinds: in.Kinds}
	var errs []error
	note := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	for _, country := range in.Countries {
		if code, known := schemas.Country(country); !known || code != country {
			note("countries", fmt.Errorf("%q: want a lower-case ISO code, as \"ru\"", country))
		}
	}
	for _, kind := range in.Kinds {
		_, err := watch.ParseKind(kind)
		note("kinds", err)
	}
	var err error
	s.Quiet, err = watch.ParseHours(in.Quiet)
	note("quiet", err)
	if in.Digest != "" {
		at, err := watch.ParseTime(in.Digest)
		note("digest", err)
		s.Digest = &at
	}
	s.Zone, err = time.LoadLocation(in.TimeZone)
	note("time_zone", err)
	s.Channels, err = in.channels(server)
	note("subscription "+in.Name, err)
	return s, errors.Join(errs...)
}

// channels are where a subscription is sent to.
func (in SubscriptionConfig) channels(server SMTPConfig) ([]deliver.Channel, error) {
	var channels []deliver.Channel
	var errs []error
	add := func(c deliver.Channel, err error) {
		channels, errs = append(channels, c), append(errs, err)
	}
	switch in.Webhook {
	case "":
	case hiddenSecret:
		add(hiddenWebhook{}, nil)
	default:
		add(deliver.NewWebhook(in.Webhook))
	}
	if len(in.Email) > 0 {
		add(deliver.NewMail(deliver.MailServer{Address: server.Address, From: server.From, User: server.User, Password: server.Password, TLS: server.TLS}, in.Email, time.Now))
	}
	if len(in.Command) > 0 {
		add(deliver.NewCommand(in.Command))
	}
	if len(channels) == 0 {
		return nil, errors.New("want webhook, email or command")
	}
	return channels, errors.Join(errs...)
}

// hiddenWebhook is that of a printed configuration, which has no address any more.
type hiddenWebhook struct{}

// Send fails.
func (hiddenWebhook) Send(context.Context, deliver.Message) error {
	return errors.New("the webhook's address is hidden in this configuration: set it anew")
}
