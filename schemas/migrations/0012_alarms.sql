-- Alarms on series as they come: what the detectors remember, what they found, and who was told.

CREATE TABLE IF NOT EXISTS watch_states {{.OnCluster}}
(
    country LowCardinality(String),
    step LowCardinality(String) COMMENT 'hour or day',
    simulated UInt8,
    series String COMMENT 'all, use, tool:NAME, service:NAME or network:NUMBER',
    until DateTime('UTC') COMMENT 'beginning of the last hour or day that was judged' CODEC(DoubleDelta, ZSTD(1)),
    state String COMMENT 'what the detector remembers, as JSON' CODEC(ZSTD(3)),
    at DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC') COMMENT 'when it was stored; the latest row counts' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "at"}}
ORDER BY (country, step, simulated, series)
SETTINGS index_granularity = 64, {{.Dedup}};

CREATE TABLE IF NOT EXISTS alarms {{.OnCluster}}
(
    id String COMMENT 'made of what the alarm is about and when it began: the same whoever raises it',
    country LowCardinality(String),
    asn UInt32 COMMENT 'network that it is about; 0: all of the country',
    tool LowCardinality(String) COMMENT 'tool that it is about; empty: all that count as use',
    service LowCardinality(String) COMMENT 'service that it is about; empty: none',
    kind LowCardinality(String) COMMENT 'rise, drop or unblocking',
    step LowCardinality(String) COMMENT 'hour or day',
    simulated UInt8,
    began DateTime('UTC') COMMENT 'first hour or day that stuck out',
    raised DateTime('UTC') COMMENT 'end of the hour or day that raised it',
    ended Nullable(DateTime('UTC')) COMMENT 'end of the hour or day in which it was over',
    z Float64 COMMENT 'standard deviations that the step that raised it was away from its baseline',
    clients UInt64 COMMENT 'in that step, to a multiple of the fewest that may be shown; 0: fewer',
    expected UInt64 COMMENT 'the same of its baseline',
    within String COMMENT 'alarm of the whole country that it is a part of',
    title String,
    text String CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC') COMMENT 'when it was stored; the latest row counts'
)
ENGINE = {{.Engine "ReplacingMergeTree" "at"}}
ORDER BY id
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS alarm_notices {{.OnCluster}}
(
    alarm String COMMENT 'id of the alarm',
    about LowCardinality(String) COMMENT 'raised, ended, or acknowledged',
    subscription LowCardinality(String) COMMENT 'who is told; empty: the alarm was acknowledged',
    state LowCardinality(String) COMMENT 'begun, done or failed',
    owner String COMMENT 'random name of the program that tells',
    at DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC')
)
ENGINE = {{.Engine "MergeTree" ""}}
ORDER BY (alarm, about, subscription, at)
SETTINGS {{.Dedup}};
