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
INNER JOIN usage_named AS u ON u.country = bans.ban_country
WHERE toDate(hour) BETWEEN bans.ban_day - {before:Int32} AND bans.ban_day + {after:Int32} - 1
GROUP BY event, country, target, ban_day, day, simulated
ORDER BY event, country, day, simulated
