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
            arraySort(groupUniqArray(pack)) AS packs,
            arraySort(groupUniqArray(lists)) AS lists
        FROM usage_named AS u
        WHERE ({country:String} = '' OR country = {country:String}) AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
        GROUP BY country, day, simulated
    )
SELECT
    used.country AS country, used.day AS day, clients, flows, round(expected, 3) AS expected, unanswered, all_clients, all_flows,
    covered.fraction AS fraction,
    used.simulated AS simulated, packs, lists
FROM used
LEFT JOIN coverage_days AS covered ON covered.country = used.country AND covered.day = used.day AND covered.simulated = used.simulated
ORDER BY country, day, simulated
