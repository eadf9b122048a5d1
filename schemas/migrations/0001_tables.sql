-- Tables that the pipeline inserts Arrow batches into. Their columns are those of
-- schemas/tables.go. A partition must follow from the row alone, never from the time of
-- the insert: deduplication tokens are kept by partition, and a batch that is repeated
-- after midnight has to meet its first try.

CREATE TABLE IF NOT EXISTS flows {{.OnCluster}}
(
    start DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    end DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    client UInt64 COMMENT 'pseudonym, keyed by the UTC day of start' CODEC(ZSTD(1)),
    country LowCardinality(String),
    asn UInt32 CODEC(ZSTD(1)),
    server_net IPv6 COMMENT 'server cut to /24 or /48' CODEC(ZSTD(1)),
    server_asn UInt32 CODEC(ZSTD(1)),
    server_port UInt16 CODEC(ZSTD(1)),
    protocol UInt8,
    bytes_up UInt64 CODEC(T64, ZSTD(1)),
    bytes_down UInt64 CODEC(T64, ZSTD(1)),
    packets_up UInt64 CODEC(T64, ZSTD(1)),
    packets_down UInt64 CODEC(T64, ZSTD(1)),
    flow_count UInt64 COMMENT 'flows this row stands for' CODEC(T64, ZSTD(1)),
    tool LowCardinality(String),
    service LowCardinality(String),
    category LowCardinality(String),
    level LowCardinality(String),
    p Float32 CODEC(ZSTD(1)),
    expected Float64 COMMENT 'p times flow_count' CODEC(ZSTD(1)),
    evidence Array(LowCardinality(String)),
    sensor_label LowCardinality(String),
    exporter LowCardinality(String),
    records UInt64 COMMENT 'telemetry records in this row' CODEC(T64, ZSTD(1)),
    simulated UInt8,
    pack LowCardinality(String),
    lists LowCardinality(String),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {{.Engine "MergeTree" ""}}
PARTITION BY toYYYYMM(start)
ORDER BY (country, tool, start)
-- Counted from the ingestion: telemetry of 2018 that is read today stays as long.
TTL toDateTime(ingested_at) + toIntervalDay(30)
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS usage {{.OnCluster}}
(
    hour DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    country LowCardinality(String),
    asn UInt32 CODEC(ZSTD(1)),
    client UInt64 COMMENT 'pseudonym, keyed by the UTC day of hour' CODEC(ZSTD(1)),
    tool LowCardinality(String),
    service LowCardinality(String),
    category LowCardinality(String),
    level LowCardinality(String),
    simulated UInt8,
    pack LowCardinality(String),
    lists LowCardinality(String),
    flows UInt64 CODEC(T64, ZSTD(1)),
    expected Float64 CODEC(ZSTD(1)),
    unanswered UInt64 CODEC(T64, ZSTD(1)),
    bytes_up UInt64 CODEC(T64, ZSTD(1)),
    bytes_down UInt64 CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{.Engine "SummingMergeTree" "(flows, expected, unanswered, bytes_up, bytes_down, records)"}}
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (country, hour)
-- The client early: merges compare few columns until rows differ.
ORDER BY (country, hour, client, tool, service, category, level, asn, simulated, pack, lists)
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS dns_usage {{.OnCluster}}
(
    hour DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    country LowCardinality(String),
    asn UInt32 CODEC(ZSTD(1)),
    client UInt64 CODEC(ZSTD(1)),
    name String COMMENT 'registered domain' CODEC(ZSTD(1)),
    service LowCardinality(String),
    category LowCardinality(String),
    simulated UInt8,
    pack LowCardinality(String),
    queries UInt64 CODEC(T64, ZSTD(1)),
    answered UInt64 CODEC(T64, ZSTD(1)),
    failed UInt64 CODEC(T64, ZSTD(1)),
    no_response UInt64 CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{.Engine "SummingMergeTree" "(queries, answered, failed, no_response, records)"}}
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (country, hour, service, name)
ORDER BY (country, hour, service, name, category, asn, simulated, pack, client)
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS resolutions {{.OnCluster}}
(
    day Date,
    country LowCardinality(String),
    name String CODEC(ZSTD(1)),
    prefix IPv6 CODEC(ZSTD(1)),
    simulated UInt8,
    answers UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{.Engine "SummingMergeTree" "(answers)"}}
PARTITION BY toYYYYMM(day)
ORDER BY (day, prefix, name, country, simulated)
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS endpoints {{.OnCluster}}
(
    day Date,
    country LowCardinality(String),
    service LowCardinality(String),
    prefix IPv6 CODEC(ZSTD(1)),
    asn UInt32,
    simulated UInt8,
    flows UInt64 CODEC(T64, ZSTD(1)),
    unanswered UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{.Engine "SummingMergeTree" "(flows, unanswered)"}}
PARTITION BY toYYYYMM(day)
ORDER BY (service, day, prefix, asn, country, simulated)
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS coverage {{.OnCluster}}
(
    hour DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    country LowCardinality(String),
    exporter LowCardinality(String),
    simulated UInt8,
    flow_records UInt64 CODEC(T64, ZSTD(1)),
    dns_records UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {{.Engine "SummingMergeTree" "(flow_records, dns_records)"}}
PARTITION BY toYYYYMM(hour)
ORDER BY (country, hour, exporter, simulated)
SETTINGS {{.Dedup}};

CREATE TABLE IF NOT EXISTS rejects {{.OnCluster}}
(
    source LowCardinality(String),
    partition Int32,
    offset Int64,
    reason LowCardinality(String),
    excerpt String COMMENT 'redacted' CODEC(ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "MergeTree" ""}}
ORDER BY (source, partition, offset)
SETTINGS {{.Dedup}};
