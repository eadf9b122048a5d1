INSERT INTO touched (country, day, touches)
WITH
    (
        SELECT (min(toDate(b.first_event)), max(toDate(b.last_event))) FROM batches AS b
        WHERE b.source = {source:String} AND b.partition = {partition:Int32} AND b.first = {first:Int64} AND b.next = {next:Int64}
    ) AS days
SELECT country, day, 1
FROM (SELECT country, toDate(hour) AS day FROM usage UNION DISTINCT SELECT country, toDate(hour) FROM dns_usage UNION DISTINCT SELECT country, toDate(hour) FROM coverage)
WHERE day BETWEEN days.1 AND days.2
GROUP BY country, day
SETTINGS insert_deduplicate = 0
