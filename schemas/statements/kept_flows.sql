SELECT
    (SELECT sumIf(stored, state = 'done' AND started >= ?) FROM ledger),
    (SELECT sum(records) FROM flows WHERE ingested_at >= ?)
