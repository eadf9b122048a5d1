INSERT INTO counted_hours
SELECT * REPLACE ({version:UInt64} AS version)
FROM counted_hours
WHERE country = {country:String} AND toDate(hour) = {day:Date} AND version = {was:UInt64}
SETTINGS insert_deduplicate = 0
