SELECT t.country, toInt32(t.day), t.touches, c.as_of, now64(3, 'UTC')
FROM (SELECT country, day, sum(touches) AS touches FROM touched GROUP BY country, day) AS t
LEFT JOIN
(
    SELECT country, day, max(version) AS version, max(as_of) AS as_of
    FROM counted_days
    WHERE grouping = 'all' AND level = 'unclassified'
    GROUP BY country, day
) AS c ON c.country = t.country AND c.day = t.day
WHERE t.touches != bitShiftRight(c.version, 20)
ORDER BY toYYYYMM(t.day), t.country, t.day
