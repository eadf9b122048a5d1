-- title: Daily series for the analysis
-- question: How many clients used circumvention on each day, out of how many, at which coverage? A day without telemetry has no row: it is missing, not zero.
-- param country String = '': lower-case ISO code; empty for all
-- param tool String = '': count only this tool; empty for all of the categories
-- param service String = '': count only this service, whatever its category; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column clients clients: distinct clients that used it, exact within the day
-- column flows sum: their flows, multiplied by sampling rates
-- column expected sum: expected number of flows of it, whatever the level
-- column unanswered sum: flows of it to which no byte came back
-- column all_clients clients: distinct clients seen at all, the denominator
-- column all_flows sum: all flows
-- column fraction share: coverage: sensors that reported / sensors known within 14 days, by part of the day; 0 where unknown
-- column simulated key: 1 where the rows are simulated
-- column packs text: rule packs that made the verdicts
-- column lists text: lists, networks and prefixes of clients that they were made with
-- bound clients 1 within all_clients: a client is of one country, and counted once a day
-- bound all_clients 1: the same
-- bound fraction 0: it is about sensors
-- bound packs 0: they are about rules
-- bound lists 0: they are about lists
WITH
    used AS
    (
        WITH
            multiIf({service:String} = '', if({tool:String} = '', 'category', 'tool'), if({tool:String} = '', 'service', 'tool_service')) AS summed,
            multiIf(summed = 'category', 'categories', summed = 'tool', 'tool_categories', '') AS sets,
            grouping = summed AND ({service:String} != '' OR has({categories:Array(String)}, category)) AS counts,
            counts AND (indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8') OR summed = 'service') AS sure
        SELECT
            country, day, simulated,
            toUInt64(sumIf(c.clients, sure) - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, {categories:Array(String)})), 1) - 1), grouping = sets)) AS clients,
            sumIf(c.flows, sure) AS flows,
            sumIf(c.expected, counts) AS expected,
            sumIf(c.unanswered, counts) AS unanswered,
            sumIf(c.clients, grouping = 'all') AS all_clients,
            sumIf(c.flows, grouping = 'all') AS all_flows,
            argMax(c.packs, grouping = 'all') AS packs,
            argMax(c.lists, grouping = 'all') AS lists
        FROM counts_day AS c
        WHERE (grouping = 'all' OR (tool = {tool:String} AND service = {service:String}
                AND (grouping = summed OR (grouping = sets AND level = toString({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)})))))
            AND ({country:String} = '' OR country = {country:String})
            AND day BETWEEN {from:Date} AND {to:Date}
        GROUP BY country, day, simulated
    )
SELECT
    used.country AS country, used.day AS day, clients, flows, round(expected, 3) AS expected, unanswered, all_clients, all_flows,
    covered.fraction AS fraction,
    used.simulated AS simulated, packs, lists
FROM used
LEFT JOIN (SELECT country, day, simulated, fraction FROM coverage_days WHERE {country:String} = '' OR country = {country:String}) AS covered ON covered.country = used.country AND covered.day = used.day AND covered.simulated = used.simulated
ORDER BY country, day, simulated
