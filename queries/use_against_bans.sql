-- title: Use against bans
-- question: How did use run in the days around each ban of the catalogue?
-- param event String = '': one event of the catalogue; empty for all
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param before Int32 = 28: days shown before the ban
-- param after Int32 = 14: days shown from the ban on
-- column event: event of the catalogue
-- column country: country of ban and clients
-- column target: what was banned
-- column ban_day: UTC day of the enforcement, or of the announcement where that is unknown
-- column day: UTC day
-- column offset: days since the ban, negative before it
-- column using: distinct clients that used a circumvention tool
-- column clients: distinct clients seen at all, the denominator
-- column share: using / clients
-- column target_clients: distinct clients of the banned service itself, by whatever tool
-- column simulated: 1 where the rows are simulated
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
    toDate(hour) AS day,
    toInt32(day) - toInt32(ban_day) AS offset,
    uniqExactIf(client, has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS using,
    uniqExact(client) AS clients,
    using / clients AS share,
    uniqExactIf(client, service = target) AS target_clients,
    simulated
FROM bans
INNER JOIN usage AS u ON u.country = bans.ban_country
WHERE toDate(hour) BETWEEN bans.ban_day - {before:Int32} AND bans.ban_day + {after:Int32} - 1
GROUP BY event, country, target, ban_day, day, simulated
ORDER BY event, country, day, simulated
