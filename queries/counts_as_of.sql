-- title: Age of the counts
-- question: As of when are the days of each country counted, and which have telemetry that came later?
-- public: it is about when days were counted
-- param country String = '': lower-case ISO code; empty for all
-- column country key: country of the clients
-- column days sum: days with telemetry
-- column first_day text: the first of them
-- column last_day text: the last of them
-- column counted text: when the last of the countings was
-- column last_day_counted text: when the last day was counted
-- column waiting sum: days with telemetry that their counts have not seen
SELECT
    t.country AS country,
    count() AS days,
    min(t.day) AS first_day,
    max(t.day) AS last_day,
    max(c.as_of) AS counted,
    argMax(c.as_of, t.day) AS last_day_counted,
    countIf(t.touches != c.seen) AS waiting
FROM (SELECT country, day, sum(touches) AS touches FROM touched GROUP BY country, day) AS t
LEFT JOIN
(
    SELECT country, day, argMax(k.touches, k.version) AS seen, argMax(k.as_of, k.version) AS as_of
    FROM countings AS k
    GROUP BY country, day
) AS c ON c.country = t.country AND c.day = t.day
WHERE {country:String} = '' OR t.country = {country:String}
GROUP BY t.country
ORDER BY country
