-- Of the clients of a server that no list names, those that sent it most of what they sent in an hour.

ALTER TABLE counted_servers {{.OnCluster}} ADD COLUMN IF NOT EXISTS peers UInt64 COMMENT 'of the clients, those of whom it had most bytes of an hour; of the whole day all' CODEC(T64, ZSTD(1)) AFTER clients;

-- Days whose flows are still there are counted once more.
INSERT INTO touched (country, day, touches) SELECT country, toDate(start), 1 FROM flows GROUP BY country, toDate(start);
