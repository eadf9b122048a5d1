-- Servers that no list names and whose traffic is possibly a way around, by day, for as long as flows are kept; and
-- what is left of them for good: how many clients of a country used those that came up within a week.

CREATE TABLE IF NOT EXISTS counted_servers {{.OnCluster}}
(
    country LowCardinality(String),
    day Date,
    simulated UInt8,
    server_net IPv6 COMMENT 'prefix, /24 or /48; :: is the whole day' CODEC(ZSTD(1)),
    clients UInt64 COMMENT 'distinct clients whose flows to it have the level possible and no service; of the whole day, those of all flows' CODEC(T64, ZSTD(1)),
    flows UInt64 COMMENT 'their flows' CODEC(T64, ZSTD(1)),
    as_of DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC') COMMENT 'when it was counted' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "as_of"}}
PARTITION BY toYYYYMM(day)
ORDER BY (country, day, simulated, server_net)
TTL toDateTime(as_of) + toIntervalDay(30)
SETTINGS index_granularity = 1024, {{.Dedup}};

CREATE TABLE IF NOT EXISTS counted_unknown {{.OnCluster}}
(
    country LowCardinality(String),
    day Date,
    simulated UInt8,
    servers UInt64 COMMENT 'server networks that came up within a week' CODEC(T64, ZSTD(1)),
    clients UInt64 COMMENT 'distinct clients that used one of them' CODEC(T64, ZSTD(1)),
    flows UInt64 COMMENT 'their flows to these' CODEC(T64, ZSTD(1)),
    all_clients UInt64 COMMENT 'distinct clients of the country' CODEC(T64, ZSTD(1)),
    history UInt64 COMMENT 'days among the 28 up to this one whose servers were known' CODEC(T64, ZSTD(1)),
    as_of DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC') COMMENT 'when it was counted' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "as_of"}}
PARTITION BY toYear(day)
ORDER BY (country, day, simulated)
SETTINGS index_granularity = 1024, {{.Dedup}};

CREATE VIEW IF NOT EXISTS unknown_day {{.OnCluster}} AS
SELECT country, day, simulated, servers, clients, flows, all_clients
FROM counted_unknown FINAL;

-- Days whose flows are still there are counted once more.
INSERT INTO touched (country, day, touches) SELECT country, toDate(start), 1 FROM flows GROUP BY country, toDate(start);
