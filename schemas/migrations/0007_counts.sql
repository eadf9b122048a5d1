-- Usage becomes narrow: the number of a verdict, whose names are in a table of their own. What is
-- shown is read from finished counts of each country's days and hours.
--
-- "-- when:" has the statement below it run only where the condition gives a number above 0, so that
-- a takeover that was interrupted anywhere is begun again or gone on with, whichever is right.

CREATE TABLE IF NOT EXISTS verdicts {{.OnCluster}}
(
    number UInt64 COMMENT 'XXH64 of the six names, a zero byte between two',
    tool LowCardinality(String),
    service LowCardinality(String),
    category LowCardinality(String),
    level LowCardinality(String),
    pack LowCardinality(String),
    lists LowCardinality(String)
)
ENGINE = {{.Engine "ReplacingMergeTree" ""}}
ORDER BY number
SETTINGS {{.Dedup}};

-- A range that was begun and not finished is known to the old table by its tokens alone: its
-- repetition would be stored twice.
-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
SELECT throwIf(count() > 0, 'ranges were begun and not finished: run the same sources once more with the version of banshift that wrote this store, then open it with this one')
FROM ledger WHERE state = 'intended';

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
DROP TABLE IF EXISTS usage_next {{.OnCluster}} SYNC;

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
CREATE TABLE usage_next {{.OnCluster}}
(
    hour DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    country LowCardinality(String),
    asn UInt32 CODEC(ZSTD(1)),
    client UInt64 COMMENT 'pseudonym, keyed by the UTC day of hour' CODEC(ZSTD(1)),
    verdict UInt64 COMMENT 'number of its names in table verdicts' CODEC(ZSTD(1)),
    simulated UInt8,
    flows UInt64 CODEC(T64, ZSTD(1)),
    expected Float64 CODEC(ZSTD(1)),
    unanswered UInt64 CODEC(T64, ZSTD(1)),
    bytes_up UInt64 CODEC(T64, ZSTD(1)),
    bytes_down UInt64 CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1)),
    stored_on Date DEFAULT today() COMMENT 'UTC day on which the row was stored'
)
ENGINE = {{.Engine "SummingMergeTree" "(flows, expected, unanswered, bytes_up, bytes_down, records)"}}
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (country, hour)
-- The client early: merges compare few columns until rows differ.
ORDER BY (country, hour, client, verdict, asn, simulated)
SETTINGS {{.Dedup}};

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
INSERT INTO verdicts (number, tool, service, category, level, pack, lists)
SELECT DISTINCT xxHash64(concat(tool, '\0', service, '\0', category, '\0', level, '\0', pack, '\0', lists)), tool, service, category, level, pack, lists
FROM usage;

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
INSERT INTO usage_next (hour, country, asn, client, verdict, simulated, flows, expected, unanswered, bytes_up, bytes_down, records)
SELECT hour, country, asn, client, xxHash64(concat(tool, '\0', service, '\0', category, '\0', level, '\0', pack, '\0', lists)), simulated,
    flows, expected, unanswered, bytes_up, bytes_down, records
FROM usage
SETTINGS max_partitions_per_insert_block = 0;

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
SELECT throwIf((SELECT sum(records) FROM usage) != (SELECT sum(records) FROM usage_next), 'something else wrote to usage meanwhile: stop it, and open the store again');

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'tool'
EXCHANGE TABLES usage AND usage_next {{.OnCluster}};

-- when: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'usage' AND name = 'verdict'
DROP TABLE IF EXISTS usage_next {{.OnCluster}} SYNC;

CREATE VIEW IF NOT EXISTS usage_named {{.OnCluster}} AS
SELECT
    u.hour AS hour, u.country AS country, u.asn AS asn, u.client AS client,
    v.tool AS tool, v.service AS service, v.category AS category, v.level AS level, u.simulated AS simulated, v.pack AS pack, v.lists AS lists,
    u.flows AS flows, u.expected AS expected, u.unanswered AS unanswered, u.bytes_up AS bytes_up, u.bytes_down AS bytes_down, u.records AS records
FROM usage AS u
INNER JOIN (SELECT * FROM verdicts FINAL) AS v ON v.number = u.verdict;

CREATE TABLE IF NOT EXISTS touched {{.OnCluster}}
(
    country LowCardinality(String),
    day Date,
    touches UInt64 COMMENT 'how often rows of this day were stored: counts say how many of them they have seen'
)
ENGINE = {{.Engine "SummingMergeTree" "(touches)"}}
ORDER BY (country, day);

CREATE TABLE IF NOT EXISTS counted_days {{.OnCluster}}
(
    grouping LowCardinality(String) COMMENT 'which of the names below are a key of this row; the others are empty',
    level LowCardinality(String) COMMENT 'level of the verdicts; unclassified where the grouping does not tell levels apart',
    country LowCardinality(String),
    day Date,
    simulated UInt8,
    asn UInt32 CODEC(ZSTD(1)),
    tool LowCardinality(String),
    service LowCardinality(String),
    category LowCardinality(String),
    categories Array(LowCardinality(String)) COMMENT 'two or more categories that the same clients used, where the grouping is by sets of them' CODEC(ZSTD(1)),
    clients UInt64 COMMENT 'distinct clients, each at the highest level of its verdicts' CODEC(T64, ZSTD(1)),
    reached UInt64 COMMENT 'of these, those that got an answer' CODEC(T64, ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    expected Float64 CODEC(ZSTD(1)),
    unanswered UInt64 CODEC(T64, ZSTD(1)),
    bytes UInt64 COMMENT 'of both directions' CODEC(T64, ZSTD(1)),
    all_clients UInt64 COMMENT 'distinct clients of the country, or of the network where the grouping is a pair with it' CODEC(T64, ZSTD(1)),
    all_flows UInt64 COMMENT 'their flows' CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1)),
    packs Array(LowCardinality(String)) COMMENT 'rule packs that made the verdicts of the day' CODEC(ZSTD(1)),
    lists Array(LowCardinality(String)) COMMENT 'lists that they were made with' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'touches that were seen, times 1048576, and a random number' CODEC(ZSTD(1)),
    as_of DateTime64(3, 'UTC') COMMENT 'when it was counted' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "version"}}
-- Questions read few rows of many days: a year in one partition, and small granules.
PARTITION BY toYear(day)
ORDER BY (grouping, level, country, day, simulated, asn, tool, service, category, categories)
SETTINGS index_granularity = 1024, {{.Dedup}};

CREATE TABLE IF NOT EXISTS counted_hours {{.OnCluster}}
(
    grouping LowCardinality(String) COMMENT 'which of the names below are a key of this row; the others are empty',
    level LowCardinality(String) COMMENT 'level of the verdicts; unclassified where the grouping does not tell levels apart',
    country LowCardinality(String),
    hour DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    simulated UInt8,
    asn UInt32 CODEC(ZSTD(1)),
    tool LowCardinality(String),
    service LowCardinality(String),
    category LowCardinality(String),
    categories Array(LowCardinality(String)) COMMENT 'two or more categories that the same clients used, where the grouping is by sets of them' CODEC(ZSTD(1)),
    clients UInt64 COMMENT 'distinct clients, each at the highest level of its verdicts' CODEC(T64, ZSTD(1)),
    reached UInt64 COMMENT 'of these, those that got an answer' CODEC(T64, ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    expected Float64 CODEC(ZSTD(1)),
    unanswered UInt64 CODEC(T64, ZSTD(1)),
    bytes UInt64 COMMENT 'of both directions' CODEC(T64, ZSTD(1)),
    all_clients UInt64 COMMENT 'distinct clients of the country' CODEC(T64, ZSTD(1)),
    all_flows UInt64 COMMENT 'their flows' CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1)),
    packs Array(LowCardinality(String)) COMMENT 'rule packs that made the verdicts of the day' CODEC(ZSTD(1)),
    lists Array(LowCardinality(String)) COMMENT 'lists that they were made with' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'touches that were seen, times 1048576, and a random number' CODEC(ZSTD(1)),
    as_of DateTime64(3, 'UTC') COMMENT 'when it was counted' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "version"}}
-- Questions read few rows of many days: a year in one partition, and small granules.
PARTITION BY toYear(hour)
ORDER BY (grouping, level, country, hour, simulated, asn, tool, service, category, categories)
SETTINGS index_granularity = 1024, {{.Dedup}};

CREATE TABLE IF NOT EXISTS counted_coverage {{.OnCluster}}
(
    country LowCardinality(String),
    day Date,
    exporter LowCardinality(String),
    simulated UInt8,
    hours UInt64 COMMENT 'hours in which the sensor reported' CODEC(T64, ZSTD(1)),
    flow_records UInt64 CODEC(T64, ZSTD(1)),
    dns_records UInt64 CODEC(T64, ZSTD(1)),
    as_of DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC') COMMENT 'when it was counted' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "as_of"}}
PARTITION BY toYear(day)
ORDER BY (country, day, exporter, simulated)
SETTINGS index_granularity = 1024, {{.Dedup}};

-- A day is counted whole: its rows are those of the last counting, whatever else is still there.
CREATE VIEW IF NOT EXISTS counts_day {{.OnCluster}} AS
SELECT * EXCEPT (version)
FROM counted_days
WHERE clients + flows > 0 AND (country, day, version) IN
    (SELECT country, day, max(version) FROM counted_days WHERE grouping = 'all' AND level = 'unclassified' GROUP BY country, day);

CREATE VIEW IF NOT EXISTS counts_hour {{.OnCluster}} AS
SELECT * EXCEPT (version)
FROM counted_hours
WHERE clients + flows > 0 AND (country, toDate(hour), version) IN
    (SELECT country, toDate(hour), max(version) FROM counted_hours WHERE grouping = 'all' AND level = 'unclassified' GROUP BY country, toDate(hour));

-- The same as before, from what was counted by day.
DROP VIEW IF EXISTS coverage_days {{.OnCluster}};

CREATE VIEW IF NOT EXISTS coverage_days {{.OnCluster}} AS
WITH
    by_exporter AS
    (
        SELECT country, day, exporter, simulated, hours, flow_records, dns_records
        FROM counted_coverage FINAL
    ),
    weighed AS
    (
        -- An exporter's day counts whole: where traffic is thin, hours without a record say nothing.
        -- One that usually reports in most hours and was silent in over a quarter of them was out.
        SELECT
            *,
            quantileExact(0.5)(hours) OVER (PARTITION BY country, exporter, simulated
                ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING) AS usual,
            if(usual >= 12 AND hours < 0.75 * usual, hours / usual, 1) AS covered
        FROM by_exporter
    ),
    by_day AS
    (
        SELECT
            country, day, simulated,
            groupUniqArray(exporter) AS names,
            sum(hours) AS exporter_hours,
            sum(w.covered) AS covered,
            sum(w.flow_records) AS flow_records,
            sum(w.dns_records) AS dns_records
        FROM weighed AS w
        GROUP BY country, day, simulated
    ),
    known AS
    (
        SELECT
            *,
            length(arrayDistinct(arrayFlatten(groupArray(names) OVER (PARTITION BY country, simulated
                ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING)))) AS known_exporters
        FROM by_day
    )
SELECT
    country, day, simulated,
    length(names) AS exporters,
    known_exporters,
    exporter_hours,
    covered / known_exporters AS fraction,
    flow_records,
    dns_records
FROM known;

-- Everything that is there has to be counted once.
INSERT INTO touched (country, day, touches)
SELECT country, day, 1 FROM (SELECT country, toDate(hour) AS day FROM usage UNION DISTINCT SELECT country, toDate(hour) FROM coverage) GROUP BY country, day;
