SELECT
    country,
    toDate(hour) AS day,
    uniqExactIf(client, has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS using,
    uniqExact(client) AS clients,
    using / clients AS share,
    sumIf(u.expected, has({categories:Array(String)}, category)) AS expected_flows,
    sum(u.flows) AS flows,
    expected_flows / flows AS expected_flow_share,
    simulated
FROM usage_named AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, simulated
ORDER BY country, day, simulated
