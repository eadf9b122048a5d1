SELECT country, simulated, max(hour) AS last, max(as_of) AS counted
FROM counts_hour
WHERE grouping = 'all' AND level = 'unclassified' AND country != ''
    AND (country, toDate(hour)) IN (SELECT country, max(day) FROM countings WHERE country != '' GROUP BY country)
GROUP BY country, simulated
ORDER BY country, simulated
