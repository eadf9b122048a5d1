-- The ledger of batches: two rows a batch, 'intended' before its inserts and 'done' after
-- them. It is the authority on which positions of a source have been stored.

CREATE TABLE IF NOT EXISTS batches {{.OnCluster}}
(
    source String,
    partition Int32,
    first Int64 COMMENT 'first position of the range, inclusive',
    next Int64 COMMENT 'first position behind the range',
    state Enum8('intended' = 1, 'done' = 2),
    token String COMMENT 'stem of the deduplication tokens of its inserts',
    records_in UInt64,
    stored UInt64,
    folded UInt64,
    rejected UInt64,
    skipped UInt64 COMMENT 'lines that are no records: headers, comments, blank lines',
    pack LowCardinality(String),
    lists LowCardinality(String),
    key_id LowCardinality(String),
    first_event Nullable(DateTime64(3, 'UTC')),
    last_event Nullable(DateTime64(3, 'UTC')),
    simulated UInt8,
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{.Engine "MergeTree" ""}}
ORDER BY (source, partition, first, next, state)
SETTINGS {{.Dedup}};

CREATE VIEW IF NOT EXISTS ledger {{.OnCluster}} AS
SELECT
    source, partition, first, next,
    if(max(state) = 'done', 'done', 'intended') AS state,
    any(token) AS token,
    argMax(b.records_in, b.state) AS records_in,
    argMax(b.stored, b.state) AS stored,
    argMax(b.folded, b.state) AS folded,
    argMax(b.rejected, b.state) AS rejected,
    argMax(b.skipped, b.state) AS skipped,
    argMax(b.pack, b.state) AS pack,
    argMax(b.lists, b.state) AS lists,
    argMax(b.key_id, b.state) AS key_id,
    argMax(b.first_event, b.state) AS first_event,
    argMax(b.last_event, b.state) AS last_event,
    argMax(b.simulated, b.state) AS simulated,
    min(b.at) AS started,
    if(max(b.state) = 'done', max(b.at), NULL) AS finished
FROM batches AS b
GROUP BY source, partition, first, next;
