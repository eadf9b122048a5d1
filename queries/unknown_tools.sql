-- title: Use of servers that came up and that nothing names
-- question: How many clients used server networks that few used a week before, that no list names and whose traffic is possibly a way around? An unknown tool that grows looks like that; so does a new game.
-- param country String = '': lower-case ISO code; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day; days whose 21 days before are not known have no row
-- column clients clients: distinct clients that used one of the servers, exact within the day
-- column all_clients clients: distinct clients seen at all, the denominator
-- column share share: clients / all_clients
-- column servers sum: server networks that came up on the day or on the six before
-- column flows sum: flows to them, multiplied by their sampling rates
-- column simulated key: 1 where the rows are simulated
-- bound clients 1 within all_clients: a client is of one country, and counted once a day
-- bound all_clients 1: the same
SELECT
    country,
    day,
    u.clients AS clients,
    u.all_clients AS all_clients,
    u.clients / u.all_clients AS share,
    u.servers AS servers,
    u.flows AS flows,
    simulated
FROM unknown_day AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, simulated
