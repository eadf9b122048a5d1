-- What a value is measured against, where the source says: measurements made, users at all.

ALTER TABLE series {{.OnCluster}} ADD COLUMN IF NOT EXISTS denominator Nullable(Float64) COMMENT 'what the value is out of, where known' AFTER value;
