INSERT INTO counted_days
SELECT * REPLACE ({version:UInt64} AS version)
FROM counted_days AS c
WHERE c.country = {country:String} AND c.day = {day:Date} AND c.version = {was:UInt64}
SETTINGS insert_deduplicate = 0
