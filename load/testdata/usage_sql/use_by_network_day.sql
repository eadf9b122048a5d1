SELECT
    country,
    asn,
    toDate(hour) AS day,
    uniqExactIf(client, has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS clients,
    uniqExact(client) AS all_clients,
    simulated
FROM usage_named AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, day, simulated
ORDER BY country, asn, day, simulated
