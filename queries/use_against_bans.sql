-- title: Use against bans
-- question: How did use run in the days around each ban of the catalogue?
-- param event String = '': one event of the catalogue; empty for all
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param before Int32 = 28: days shown before the ban
-- param after Int32 = 14: days shown from the ban on
-- column event key: event of the catalogue
-- column country key: country of ban and clients
-- column target key: what was banned
-- column ban_day key: UTC day of the enforcement, or of the announcement where that is unknown
-- column day key: UTC day
-- column offset key: days since the ban, negative before it
-- column using clients: distinct clients that used a circumvention tool
-- column clients clients: distinct clients seen at all, the denominator
-- column share share: using / clients
-- column target_clients clients: distinct clients of the banned service itself, by whatever tool
-- column simulated key: 1 where the rows are simulated
WITH
    bans AS
    (
        SELECT id, e.country AS ban_country, target, toDate(coalesce(enforced_at, announced_at)) AS ban_day
        FROM events AS e FINAL
        WHERE coalesce(enforced_at, announced_at) IS NOT NULL
            AND ({event:String} = '' OR id = {event:String})
            AND ({country:String} = '' OR e.country = {country:String})
    )
SELECT
    id AS event,
    ban_country AS country,
    target,
    assumeNotNull(ban_day) AS ban_day,
    day,
    toInt32(day) - toInt32(ban_day) AS offset,
    toUInt64(sumIf(c.clients, grouping = 'category' AND has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8'))
        - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, {categories:Array(String)})), 1) - 1), grouping = 'categories')) AS `using`,
    sumIf(c.clients, grouping = 'all') AS clients,
    `using` / clients AS share,
    sumIf(c.clients, grouping = 'service' AND service = target) AS target_clients,
    simulated
FROM bans
INNER JOIN counts_day AS c ON c.country = bans.ban_country
WHERE day BETWEEN bans.ban_day - {before:Int32} AND bans.ban_day + {after:Int32} - 1
    AND (grouping IN ('all', 'category', 'service') OR (grouping = 'categories' AND level = toString({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)})))
    AND c.country IN (SELECT ban_country FROM bans)
GROUP BY event, country, target, ban_day, day, simulated
ORDER BY event, country, day, simulated
