SELECT
    toDateTime(assumeNotNull(coalesce(enforced_at, announced_at)), 'UTC') AS time,
    concat(target, ': ', kind) AS title,
    concat(id, if(notes = '', '', concat(' (', notes, ')'))) AS text,
    'ban' AS tags
FROM events FINAL
WHERE country = {country:String} AND coalesce(enforced_at, announced_at) IS NOT NULL
    AND toDate(assumeNotNull(coalesce(enforced_at, announced_at))) BETWEEN {from:Date} AND {to:Date}
ORDER BY time, id
