-- Which counting of a day holds is said in a table of its own, and what is asked of all countries and days is
-- finished further: coverage by day, the use of networks, and questions of DNS.

CREATE TABLE IF NOT EXISTS countings {{.OnCluster}}
(
    country LowCardinality(String),
    day Date,
    touches UInt64 COMMENT 'touches of the day that the counting saw' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'version of its rows in the tables of counts' CODEC(ZSTD(1)),
    questions UInt64 COMMENT 'version of its rows in counted_questions, which is that of before where retention took its questions' CODEC(ZSTD(1)),
    as_of DateTime64(3, 'UTC') COMMENT 'when it was counted' CODEC(DoubleDelta, ZSTD(1)),
    counting UInt64 MATERIALIZED cityHash64(country, day, version) COMMENT 'names the rows of the day and version' CODEC(ZSTD(1)),
    questions_counting UInt64 MATERIALIZED cityHash64(country, day, questions) COMMENT 'names the rows of the day in counted_questions' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "version"}}
ORDER BY (country, day)
SETTINGS {{.Dedup}};

INSERT INTO countings (country, day, touches, version, questions, as_of)
SELECT country, day, bitShiftRight(max(version), 20), max(version), max(version), max(as_of)
FROM counted_days
WHERE grouping = 'all' AND level = 'unclassified'
GROUP BY country, day;

CREATE TABLE IF NOT EXISTS covered_days {{.OnCluster}}
(
    country LowCardinality(String),
    day Date,
    simulated UInt8,
    exporters UInt64 COMMENT 'sensors that reported on the day' CODEC(T64, ZSTD(1)),
    known_exporters UInt64 COMMENT 'sensors that reported within 14 days to either side' CODEC(T64, ZSTD(1)),
    exporter_hours UInt64 COMMENT 'hours for which a sensor reported, summed over sensors' CODEC(T64, ZSTD(1)),
    fraction Float64 COMMENT 'exporters / known_exporters; one that was out for a part of the day counts in part' CODEC(ZSTD(1)),
    flow_records UInt64 CODEC(T64, ZSTD(1)),
    dns_records UInt64 CODEC(T64, ZSTD(1)),
    as_of DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC') COMMENT 'when it was counted' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "as_of"}}
PARTITION BY toYear(day)
ORDER BY (country, day, simulated)
SETTINGS index_granularity = 1024, {{.Dedup}};

-- From the view of before; where that is replaced already, from the same rows.
INSERT INTO covered_days (country, day, simulated, exporters, known_exporters, exporter_hours, fraction, flow_records, dns_records)
SELECT country, day, simulated, exporters, known_exporters, exporter_hours, fraction, flow_records, dns_records
FROM coverage_days;

CREATE OR REPLACE VIEW coverage_days {{.OnCluster}} AS
SELECT country, day, simulated, exporters, known_exporters, exporter_hours, fraction, flow_records, dns_records
FROM covered_days FINAL;

CREATE TABLE IF NOT EXISTS counted_networks {{.OnCluster}}
(
    country LowCardinality(String),
    asn UInt32 CODEC(Delta, ZSTD(1)),
    day Date CODEC(Delta, ZSTD(1)),
    simulated UInt8,
    clients UInt64 COMMENT 'distinct clients of the network' CODEC(T64, ZSTD(1)),
    flows UInt64 COMMENT 'their flows' CODEC(T64, ZSTD(1)),
    categories Array(LowCardinality(String)) COMMENT 'categories of tools that were used; the lowest bit of a set is of the first' CODEC(ZSTD(1)),
    expected Array(Float64) COMMENT 'expected number of flows of each of them' CODEC(ZSTD(1)),
    possible_sets Array(UInt64) COMMENT 'sets of categories that some clients used at the level possible or above, as bits' CODEC(T64, ZSTD(1)),
    possible_clients Array(UInt64) COMMENT 'distinct clients that used the set, and no other of the categories' CODEC(T64, ZSTD(1)),
    likely_sets Array(UInt64) COMMENT 'sets of categories that some clients used at the level likely or above, as bits' CODEC(T64, ZSTD(1)),
    likely_clients Array(UInt64) COMMENT 'distinct clients that used the set, and no other of the categories' CODEC(T64, ZSTD(1)),
    confirmed_sets Array(UInt64) COMMENT 'sets of categories that some clients used at the level confirmed or above, as bits' CODEC(T64, ZSTD(1)),
    confirmed_clients Array(UInt64) COMMENT 'distinct clients that used the set, and no other of the categories' CODEC(T64, ZSTD(1)),
    version UInt64 COMMENT 'as in countings' CODEC(ZSTD(1)),
    counting UInt64 MATERIALIZED cityHash64(country, day, version) COMMENT 'as in countings' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "version"}}
PARTITION BY toYear(day)
ORDER BY (country, asn, day, simulated)
SETTINGS index_granularity = 1024, {{.Dedup}};

-- What a takeover that was interrupted had filled in would be there twice.
TRUNCATE TABLE counted_networks {{.OnCluster}};

INSERT INTO counted_networks
SELECT
    country, asn, day, simulated, clients, flows, names,
    arrayMap(i -> arraySum(u -> u.4 * (u.1 = i), used), arrayEnumerate(names)),
    by_level[1].1, by_level[1].2, by_level[2].1, by_level[2].2, by_level[3].1, by_level[3].2, version
FROM
(
    WITH
        arraySort(groupUniqArrayIf(category, grouping = 'network_category')) AS names,
        arraySort(groupArrayIf((category, indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level), d.clients, d.expected), grouping = 'network_category')) AS categories_used,
        arraySort(groupArrayIf((categories, indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level), d.clients), grouping = 'network_categories')) AS sets_used,
        arrayMap(u -> (indexOf(names, u.1), u.2, u.3, u.4), categories_used) AS used,
        arrayMap(s -> (arraySum(arrayMap(c -> bitShiftLeft(toUInt64(1), indexOf(names, c) - 1), s.1)), s.2, s.3), sets_used) AS several
    SELECT
        country, asn, day, simulated, d.version AS version, names, used,
        sumIf(d.clients, grouping = 'network') AS clients,
        sumIf(d.flows, grouping = 'network') AS flows,
        -- Whoever used one category used it alone, or it in a set of several.
        arrayMap(l -> arrayFilter(x -> x.2 > 0, arrayConcat(
            arrayMap(s -> (s.1, s.3), arrayFilter(s -> s.2 = l, several)),
            arrayMap(i -> (bitShiftLeft(toUInt64(1), i - 1),
                toUInt64(arraySum(u -> u.3 * (u.1 = i AND u.2 >= l), used) - arraySum(s -> s.3 * (s.2 = l AND bitTest(s.1, i - 1)), several))), arrayEnumerate(names)))), [2, 3, 4]) AS by_level
    FROM counted_days AS d
    WHERE grouping IN ('network', 'network_category', 'network_categories')
        AND (country, day, d.version) IN (SELECT country, day, max(c.version) FROM countings AS c GROUP BY country, day)
    GROUP BY country, asn, day, simulated, version
)
SETTINGS max_partitions_per_insert_block = 0, max_bytes_before_external_group_by = 500000000;

-- One number to look up where there were three columns, the name of the country among them. It is written down for rows
-- of before as well.
ALTER TABLE counted_days {{.OnCluster}} ADD COLUMN IF NOT EXISTS counting UInt64 MATERIALIZED cityHash64(country, day, version) COMMENT 'as in countings' CODEC(ZSTD(1));
ALTER TABLE counted_hours {{.OnCluster}} ADD COLUMN IF NOT EXISTS counting UInt64 MATERIALIZED cityHash64(country, toDate(hour), version) COMMENT 'as in countings' CODEC(ZSTD(1));
ALTER TABLE counted_days {{.OnCluster}} MATERIALIZE COLUMN counting SETTINGS mutations_sync = 2;
ALTER TABLE counted_hours {{.OnCluster}} MATERIALIZE COLUMN counting SETTINGS mutations_sync = 2;

-- The set is of no use to the index, and comparing it with every mark took longer than reading the rows.
CREATE OR REPLACE VIEW counts_day {{.OnCluster}} AS
SELECT * EXCEPT (version)
FROM counted_days
WHERE clients + flows > 0 AND counting IN (SELECT counting FROM countings FINAL)
SETTINGS use_index_for_in_with_subqueries = 0;

CREATE OR REPLACE VIEW counts_hour {{.OnCluster}} AS
SELECT * EXCEPT (version)
FROM counted_hours
WHERE clients + flows > 0 AND counting IN (SELECT counting FROM countings FINAL)
SETTINGS use_index_for_in_with_subqueries = 0;

CREATE VIEW IF NOT EXISTS networks_day {{.OnCluster}} AS
SELECT * EXCEPT (version)
FROM counted_networks
WHERE counting IN (SELECT counting FROM countings FINAL)
SETTINGS use_index_for_in_with_subqueries = 0;

CREATE TABLE IF NOT EXISTS counted_questions {{.OnCluster}}
(
    grouping LowCardinality(String) COMMENT 'all; service: those for the names of a known service; name: the same by name',
    country LowCardinality(String),
    day Date,
    simulated UInt8,
    service LowCardinality(String),
    name String COMMENT 'registered domain' CODEC(ZSTD(1)),
    clients UInt64 COMMENT 'distinct clients that asked' CODEC(T64, ZSTD(1)),
    queries UInt64 CODEC(T64, ZSTD(1)),
    answered UInt64 COMMENT 'responses with at least one address' CODEC(T64, ZSTD(1)),
    failed UInt64 COMMENT 'NXDOMAIN, SERVFAIL, REFUSED' CODEC(T64, ZSTD(1)),
    no_response UInt64 COMMENT 'queries without a response' CODEC(T64, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1)),
    version UInt64 COMMENT 'as questions in countings' CODEC(ZSTD(1)),
    counting UInt64 MATERIALIZED cityHash64(country, day, version) COMMENT 'as questions_counting in countings' CODEC(ZSTD(1))
)
ENGINE = {{.Engine "ReplacingMergeTree" "version"}}
PARTITION BY toYear(day)
ORDER BY (grouping, country, day, simulated, service, name)
SETTINGS index_granularity = 1024, {{.Dedup}};

-- Days that have questions alone are counted from now on.
INSERT INTO touched (country, day, touches)
SELECT country, day, 1
FROM (SELECT DISTINCT country, toDate(hour) AS day FROM dns_usage)
WHERE (country, day) NOT IN (SELECT country, day FROM touched);

-- What a takeover that was interrupted had filled in would be there twice.
TRUNCATE TABLE counted_questions {{.OnCluster}};

INSERT INTO counted_questions
SELECT
    g.1 AS grouping, d.country AS country, toDate(d.hour) AS day, d.simulated AS simulated, g.2 AS service, g.3 AS name,
    uniqExact(d.client), sum(d.queries), sum(d.answered), sum(d.failed), sum(d.no_response), sum(d.records), c.version AS version
FROM dns_usage AS d
ARRAY JOIN if(d.service = '', [('all', '', '')], [('all', '', ''), ('service', toString(d.service), ''), ('name', toString(d.service), d.name)]) AS g
INNER JOIN (SELECT country, day, max(v.version) AS version FROM countings AS v GROUP BY country, day) AS c ON c.country = d.country AND c.day = toDate(d.hour)
GROUP BY grouping, country, day, simulated, service, name, version
SETTINGS max_partitions_per_insert_block = 0, max_bytes_before_external_group_by = 500000000;

CREATE VIEW IF NOT EXISTS questions_day {{.OnCluster}} AS
SELECT * EXCEPT (version)
FROM counted_questions
WHERE counting IN (SELECT questions_counting FROM countings FINAL)
SETTINGS use_index_for_in_with_subqueries = 0;
