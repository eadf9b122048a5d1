INSERT INTO counted_hours
SELECT * REPLACE ({version:UInt64} AS version)
FROM counted_hours AS c
WHERE c.country = {country:String} AND toDate(c.hour) = {day:Date} AND c.version = {was:UInt64}
SETTINGS insert_deduplicate = 0
