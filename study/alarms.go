package study

import (
	"context"
	"time"

	"github.com/banshift/banshift/study/account"
)

// AlarmEntries are the alarms that `banshift watch` raised, as entries of a feed, the latest first. One that is a part of
// an alarm of the whole country has no entry of its own.
func AlarmEntries(ctx context.Context, r Reader) ([]account.Entry, error) {
	list, err := rows[struct {
		ID, Country, Began, Title, Text, Within string
		Ended                                   *string
		Kind                                    string
		Simulated                               uint8
	}](ctx, newReading(r), "alarms", nil)
	if err != nil {
		return nil, err
	}
	entries := []account.Entry{}
	for _, a := range list {
		if a.Within != "" || len(a.Began) < len(time.DateOnly) {
			continue
		}
		text := a.Text
		if a.Ended != nil && a.Kind != "unblocking" {
			text += " Over since " + *a.Ended + " UTC."
		}
		entries = append(entries, account.Entry{ID: "alarm:" + a.ID, Kind: account.AlarmEntry, Country: a.Country, Name: CountryName(a.Country),
			Date: a.Began[:len(time.DateOnly)], Title: a.Title, Text: text, Simulated: a.Simulated == 1})
	}
	return entries, nil
}
