-- What tells that the rows of an insert arrived. A token does not: a server that is killed may
-- have noted it and lost the rows. So one row of each insert in each partition carries a mark,
-- which stays when rows are merged: a nested column whose name ends in Map keeps the union of
-- its first column and adds up the others. SELECT * does not show these columns.

ALTER TABLE flows {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE usage {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE dns_usage {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE resolutions {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE endpoints {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE coverage {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE rejects {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS mark UInt64 EPHEMERAL,
    ADD COLUMN IF NOT EXISTS `arrivedMap.mark` Array(UInt64) MATERIALIZED if(mark = 0, [], [mark]) COMMENT 'marks of inserts that arrived with this row',
    ADD COLUMN IF NOT EXISTS `arrivedMap.times` Array(UInt64) MATERIALIZED if(mark = 0, [], [toUInt64(1)]) COMMENT 'how often each did';

ALTER TABLE batches {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS inserts Array(String) COMMENT 'inserts of the range as TABLE-NUMBER/PARTITION; none where it has no rows, or was written before they were marked' AFTER token;
