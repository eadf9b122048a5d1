-- What a store remembers of its keys, what was forgotten, and which source a row came from.

CREATE TABLE IF NOT EXISTS pseudonym_keys {{.OnCluster}}
(
    key_id String COMMENT 'fingerprint of the key that pseudonyms are made with; it tells nothing of the key',
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it was first used, or used again after another; the latest is in force'
)
ENGINE = {{.Engine "MergeTree" ""}}
ORDER BY at
SETTINGS {{.Dedup}};

-- when: SELECT toUInt64(count() = 0) FROM pseudonym_keys
INSERT INTO pseudonym_keys (key_id, at) SELECT key_id, max(at) FROM batches WHERE key_id != '' GROUP BY key_id;

CREATE TABLE IF NOT EXISTS forgotten {{.OnCluster}}
(
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it was deleted',
    id String COMMENT 'random; the rows of one deletion have the same',
    state Enum8('begun' = 1, 'done' = 2) COMMENT 'begun: rows may be left',
    what LowCardinality(String) COMMENT 'source, day, network, client-day, or retention; whose it was is not kept',
    day Nullable(Date) COMMENT 'the day of a deletion by day; of retention, the first day on which what is stored stays',
    origin UInt64 COMMENT 'number of a source that was forgotten, as in the tables; 0: no whole source was',
    table_name LowCardinality(String) COMMENT 'whose rows were deleted',
    rows UInt64 COMMENT 'rows that were deleted from the table',
    records Int64 COMMENT 'telemetry records of these rows that the ledger still counts'
)
ENGINE = {{.Engine "MergeTree" ""}}
ORDER BY (at, id)
SETTINGS {{.Dedup}};

-- Rows of two sources are not summed up, so that one can be forgotten without the other.
ALTER TABLE flows {{.OnCluster}} ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered';
ALTER TABLE rejects {{.OnCluster}} ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered';
ALTER TABLE usage {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered',
    MODIFY ORDER BY (country, hour, client, verdict, asn, simulated, origin);
ALTER TABLE dns_usage {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered',
    ADD COLUMN IF NOT EXISTS stored_on Date DEFAULT today() COMMENT 'UTC day on which the row was stored',
    MODIFY ORDER BY (country, hour, service, name, category, asn, simulated, pack, client, origin);
ALTER TABLE resolutions {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered',
    MODIFY ORDER BY (day, prefix, name, country, simulated, origin);
ALTER TABLE endpoints {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered',
    MODIFY ORDER BY (service, day, prefix, asn, country, simulated, origin);
ALTER TABLE coverage {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS origin UInt64 COMMENT 'number of the source that the row came from; 0: stored before sources were numbered',
    MODIFY ORDER BY (country, hour, exporter, simulated, origin);

-- Rows of before get the day of this migration, not of each reading.
ALTER TABLE dns_usage {{.OnCluster}} MATERIALIZE COLUMN stored_on SETTINGS mutations_sync = 2;
