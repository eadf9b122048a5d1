package statements

import _ "embed"

// WatchedPlaces lists countries with counts of a kind of telemetry, and their last days and hours.
//
//go:embed watched_places.sql
var WatchedPlaces string

// WatchedHours reads what the hours of a country from one on count: all clients, those of all tools that count as
// use, and of each of them, with the sensors that reported.
//
//go:embed watched_hours.sql
var WatchedHours string

// WatchStates reads what the detectors remember of a country.
//
//go:embed watch_states.sql
var WatchStates string

// AlarmRows reads alarms that are on, or were raised or ended since a time.
//
//go:embed alarm_rows.sql
var AlarmRows string

// AlarmNotices reads who was told of the alarms of those ids.
//
//go:embed alarm_notices.sql
var AlarmNotices string
