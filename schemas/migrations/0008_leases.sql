-- Who writes a partition of a source. The highest epoch is the writer; what an older one
-- still sends is refused by the statement itself. A row is inserted under a token made of
-- source, partition and epoch, so that an epoch has one owner.

CREATE TABLE IF NOT EXISTS leases {{.OnCluster}}
(
    source String COMMENT 'as in batches',
    partition Int32 COMMENT 'as in batches; 0 for files',
    epoch UInt64 COMMENT 'grows by one or more with each writer; the highest is in force',
    owner String COMMENT 'random name of the program that took it',
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it was taken'
)
ENGINE = {{.Engine "MergeTree" ""}}
ORDER BY (source, partition, epoch)
SETTINGS {{.Dedup}};

ALTER TABLE batches {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS epoch UInt64 COMMENT 'lease under which the range was written; 0: before there were leases' AFTER state,
    ADD COLUMN IF NOT EXISTS clock Int64 COMMENT 'latest time that a record of the range could have, ms UTC; 0: not written down' AFTER epoch;
