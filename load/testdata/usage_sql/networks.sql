SELECT
    country,
    asn,
    uniqExact(toDate(hour), client) AS client_days,
    uniqExactIf((toDate(hour), client), has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS using_days,
    using_days / client_days AS share,
    sum(u.flows) AS flows,
    round(sumIf(u.expected, has({categories:Array(String)}, category)), 3) AS expected_flows,
    simulated
FROM usage_named AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, simulated
ORDER BY using_days DESC, country, asn, simulated
