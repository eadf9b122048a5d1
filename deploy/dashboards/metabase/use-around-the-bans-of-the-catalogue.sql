-- Use around the bans of the catalogue
SELECT target, ban_day, offset, using, clients, share, target_clients
FROM
(
WITH
    bans AS
    (
        SELECT id, e.country AS ban_country, target, toDate(coalesce(enforced_at, announced_at)) AS ban_day
        FROM events AS e FINAL
        WHERE coalesce(enforced_at, announced_at) IS NOT NULL
            AND (CAST('', 'String') = '' OR id = CAST('', 'String'))
            AND (CAST({{country}}, 'String') = '' OR e.country = CAST({{country}}, 'String'))
    )
SELECT
    id AS event,
    ban_country AS country,
    target,
    assumeNotNull(ban_day) AS ban_day,
    day,
    toInt32(day) - toInt32(ban_day) AS offset,
    toUInt64(sumIf(c.clients, grouping = 'category' AND has(CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'), category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'), 'Int8'))
        - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'))), 1) - 1), grouping = 'categories')) AS `using`,
    sumIf(c.clients, grouping = 'all') AS clients,
    `using` / clients AS share,
    sumIf(c.clients, grouping = 'service' AND service = target) AS target_clients,
    simulated
FROM bans
INNER JOIN counts_day AS c ON c.country = bans.ban_country
WHERE day BETWEEN bans.ban_day - CAST('28', 'Int32') AND bans.ban_day + CAST('14', 'Int32') - 1
    AND (grouping IN ('all', 'category', 'service') OR (grouping = 'categories' AND level = toString(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'))))
    AND c.country IN (SELECT ban_country FROM bans)
GROUP BY event, country, target, ban_day, day, simulated
ORDER BY event, country, day, simulated
)
LIMIT 1000
