SELECT
    country,
    toDate(hour) AS day,
    tool,
    category,
    uniqExact(client) AS clients,
    sum(u.flows) AS flows,
    round(sum(u.expected), 3) AS expected,
    sum(bytes_up + bytes_down) AS bytes,
    simulated
FROM usage_named AS u
WHERE category != 'none'
    AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')
    AND ({country:String} = '' OR country = {country:String})
    AND ({tool:String} = '' OR tool = {tool:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, tool, category, simulated
ORDER BY country, day, clients DESC, tool, category, simulated
