-- A range's rows depend on what lies beside them: which positions were looked at for that
-- is written down with the range, so that it is looked at again when the range is.

ALTER TABLE batches {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS beside_first Int64 COMMENT 'first position that was looked at for what lies beside the rows' AFTER next,
    ADD COLUMN IF NOT EXISTS beside_next Int64 COMMENT 'first position that was not looked at any more; 0: only the range itself was' AFTER beside_first;

DROP VIEW IF EXISTS ledger {{.OnCluster}};

CREATE VIEW IF NOT EXISTS ledger {{.OnCluster}} AS
SELECT
    source, partition, first, next,
    any(b.beside_first) AS beside_first,
    any(b.beside_next) AS beside_next,
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
