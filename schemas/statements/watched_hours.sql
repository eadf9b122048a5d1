WITH
    {categories:Array(String)} AS counted,
    ['unclassified', 'possible', 'likely', 'confirmed'] AS levels,
    indexOf(levels, {level:String}) AS lowest,
    sensors AS
    (
        SELECT hour, uniqExact(exporter) AS exporters
        FROM coverage
        WHERE country = {country:String} AND simulated = {simulated:UInt8} AND hour >= {from:DateTime('UTC')}
        GROUP BY hour
    ),
    whole AS
    (
        SELECT
            c.hour AS hour,
            sumIf(c.clients, grouping = 'all') AS all_clients,
            toUInt64(sumIf(c.clients, grouping = 'category' AND has(counted, category) AND indexOf(levels, level) >= lowest)
                - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, counted)), 1) - 1), grouping = 'categories' AND indexOf(levels, level) = lowest)) AS clients
        FROM counts_hour AS c
        WHERE grouping IN ('all', 'category', 'categories') AND country = {country:String} AND simulated = {simulated:UInt8} AND hour >= {from:DateTime('UTC')}
        GROUP BY hour
    ),
    tools AS
    (
        SELECT c.hour AS hour, groupArray((c.tool, c.clients)) AS used
        FROM
        (
            SELECT hour, tool, sum(h.clients) AS clients
            FROM counts_hour AS h
            WHERE grouping = 'tool' AND has(counted, category) AND indexOf(levels, level) >= lowest
                AND country = {country:String} AND simulated = {simulated:UInt8} AND hour >= {from:DateTime('UTC')}
            GROUP BY hour, tool
        ) AS c
        GROUP BY hour
    )
SELECT w.hour AS hour, w.all_clients AS all_clients, w.clients AS clients, s.exporters AS exporters,
    arrayMap(u -> u.1, t.used) AS tools, arrayMap(u -> u.2, t.used) AS tool_clients
FROM whole AS w
LEFT JOIN sensors AS s ON s.hour = w.hour
LEFT JOIN tools AS t ON t.hour = w.hour
ORDER BY hour
