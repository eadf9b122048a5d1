INSERT INTO touched (country, day, touches)
SELECT country, day, 1
FROM (SELECT DISTINCT country, toDate(hour) AS day FROM usage UNION DISTINCT SELECT DISTINCT country, toDate(hour) FROM dns_usage UNION DISTINCT SELECT country, toDate(hour) FROM coverage UNION DISTINCT SELECT country, day FROM touched)
GROUP BY country, day
SETTINGS insert_deduplicate = 0
