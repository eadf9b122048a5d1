INSERT INTO counted_days
SELECT * REPLACE ({version:UInt64} AS version)
FROM counted_days
WHERE country = {country:String} AND toDate(day) = {day:Date} AND version = {was:UInt64}
SETTINGS insert_deduplicate = 0
