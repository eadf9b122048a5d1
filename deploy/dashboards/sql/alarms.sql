SELECT
    toDateTime(date, 'UTC') AS time,
    concat('alarm: ', toString(direction)) AS title,
    concat(series, ', z ', toString(round(z, 1))) AS text,
    'alarm' AS tags
FROM spikes FINAL
WHERE country = {country:String} AND date BETWEEN {from:Date} AND {to:Date}
ORDER BY time, series
