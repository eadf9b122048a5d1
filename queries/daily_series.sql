-- title: Daily series for the analysis
-- question: How many clients used circumvention on each day, out of how many, at which coverage? A day without telemetry has no row: it is missing, not zero.
-- param country String = '': lower-case ISO code; empty for all
-- param tool String = '': count only this tool; empty for all of the categories
-- param service String = '': count only this service, whatever its category; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column clients: distinct clients that used it, exact within the day
-- column flows: their flows, multiplied by sampling rates
-- column expected: expected number of flows of it, whatever the level
-- column unanswered: flows of it to which no byte came back
-- column all_clients: distinct clients seen at all, the denominator
-- column all_flows: all flows
-- column fraction: coverage: sensors that reported / sensors known within 14 days, by part of the day; 0 where unknown
-- column simulated: 1 where the rows are simulated
-- column packs: rule packs that made the verdicts
WITH
    used AS
    (
        WITH
            if({service:String} != '', service = {service:String}, has({categories:Array(String)}, category))
                AND ({tool:String} = '' OR tool = {tool:String}) AS counts,
            counts AND (indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')
                OR ({service:String} != '' AND {tool:String} = '')) AS sure
        SELECT
            country, toDate(hour) AS day, simulated,
            uniqExactIf(client, sure) AS clients,
            sumIf(u.flows, sure) AS flows,
            sumIf(u.expected, counts) AS expected,
            sumIf(u.unanswered, counts) AS unanswered,
            uniqExact(client) AS all_clients,
            sum(u.flows) AS all_flows,
            arraySort(groupUniqArray(pack)) AS packs
        FROM usage AS u
        WHERE ({country:String} = '' OR country = {country:String}) AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
        GROUP BY country, day, simulated
    )
SELECT
    used.country AS country, used.day AS day, clients, flows, round(expected, 3) AS expected, unanswered, all_clients, all_flows,
    covered.fraction AS fraction,
    used.simulated AS simulated, packs
FROM used
LEFT JOIN coverage_days AS covered ON covered.country = used.country AND covered.day = used.day AND covered.simulated = used.simulated
ORDER BY country, day, simulated
