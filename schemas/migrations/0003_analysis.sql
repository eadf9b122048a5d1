-- What the analysis reads beside the telemetry, and what it finds. A row that is written
-- again replaces the earlier one: read these tables with FINAL.

CREATE TABLE IF NOT EXISTS blocklist {{.OnCluster}}
(
    list LowCardinality(String) COMMENT 'name of the block list',
    as_of Date COMMENT 'day on which the list was seen like this',
    first IPv6 COMMENT 'first address of the prefix, IPv4 as IPv4-mapped IPv6',
    last IPv6 COMMENT 'last address of the prefix',
    prefix String,
    organisation LowCardinality(String),
    decree String COMMENT 'number and date of the decree, as the list has it',
    source String COMMENT 'file or address that the list came from',
    simulated UInt8,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "ReplacingMergeTree" "loaded_at"}}
ORDER BY (list, as_of, first, last, decree);

CREATE TABLE IF NOT EXISTS series {{.OnCluster}}
(
    series LowCardinality(String),
    country LowCardinality(String),
    time DateTime('UTC'),
    value Float64,
    fraction Nullable(Float64) COMMENT 'share of the sensors that reported, where known',
    source String,
    licence LowCardinality(String),
    simulated UInt8,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "ReplacingMergeTree" "loaded_at"}}
ORDER BY (series, country, time, simulated);

CREATE TABLE IF NOT EXISTS events {{.OnCluster}}
(
    id String,
    country LowCardinality(String),
    target LowCardinality(String) COMMENT 'service of the verdicts, or a free name',
    kind LowCardinality(String),
    announced_at Nullable(DateTime('UTC')),
    enforced_at Nullable(DateTime('UTC')),
    ended_at Nullable(DateTime('UTC')),
    precision LowCardinality(String),
    notes String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "ReplacingMergeTree" "loaded_at"}}
ORDER BY id;

CREATE TABLE IF NOT EXISTS spikes {{.OnCluster}}
(
    series LowCardinality(String),
    country LowCardinality(String),
    date Date,
    z Float64,
    direction LowCardinality(String),
    value Float64,
    expected Float64,
    simulated UInt8,
    pack LowCardinality(String),
    lists LowCardinality(String),
    found_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "ReplacingMergeTree" "found_at"}}
ORDER BY (series, country, date, simulated);

CREATE TABLE IF NOT EXISTS effects {{.OnCluster}}
(
    series LowCardinality(String),
    country LowCardinality(String),
    event String,
    date Date,
    effect_log Float64,
    effect_pct Float64,
    ci_low Float64 COMMENT 'percent',
    ci_high Float64 COMMENT 'percent',
    p_time Nullable(Float64),
    n_time UInt32,
    p_space Nullable(Float64),
    n_space UInt32,
    direction LowCardinality(String),
    grade LowCardinality(String),
    reasons Array(String),
    before_days UInt16,
    after_days UInt16,
    seed Int64,
    simulated UInt8,
    pack LowCardinality(String),
    lists LowCardinality(String),
    found_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "ReplacingMergeTree" "found_at"}}
ORDER BY (series, country, event, date, simulated);
