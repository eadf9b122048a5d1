-- A store at a country's scale, of made data: client-hours of 60 countries over the year to 31 May 2018, with the ban of a
-- messenger in Russia on 16 April. All of it follows from {seed:UInt64}; {rows:UInt64} is how many client-hours.
-- Countries have a weight of 1 / rank, a client three rows a day.

INSERT INTO verdicts (number, tool, service, category, level, pack, lists)
SELECT xxHash64(concat(v.1, '\0', v.2, '\0', v.3, '\0', v.4, '\0scale@1.0.0\0none')), v.1, v.2, v.3, v.4, 'scale@1.0.0', 'none'
FROM
(
    SELECT arrayJoin([
        ('openvpn', '', 'vpn', 'likely'), ('openvpn', 'mullvad', 'vpn', 'confirmed'), ('wireguard', '', 'vpn', 'confirmed'), ('ipsec', '', 'vpn', 'possible'),
        ('tor', 'tor', 'anonymity', 'confirmed'), ('shadowsocks', '', 'proxy', 'possible'), ('socks5', '', 'proxy', 'likely'), ('nordvpn', 'nordvpn', 'vpn', 'confirmed'),
        ('telegram', 'telegram', 'messenger', 'confirmed'), ('whatsapp', 'whatsapp', 'messenger', 'likely'), ('tamtam', 'tamtam', 'messenger', 'likely'),
        ('none', '', 'none', 'unclassified'), ('none', 'google', 'none', 'unclassified')]) AS v
);

INSERT INTO usage (hour, country, asn, client, verdict, simulated, flows, expected, unanswered, bytes_up, bytes_down, records)
WITH
    ['ru','us','de','in','br','tr','ir','ua','fr','gb','id','cn','pk','vn','eg','by','kz','jp','it','es','pl','mx','za','ng','th','ph','bd','my','co','ar',
     'sa','ae','iq','dz','ma','ke','ro','nl','se','ca','au','kr','cl','pe','ve','gr','cz','hu','pt','be','at','ch','fi','no','dk','il','lt','lv','ee','ge'] AS countries,
    [('openvpn', '', 'vpn', 'likely'), ('openvpn', 'mullvad', 'vpn', 'confirmed'), ('wireguard', '', 'vpn', 'confirmed'), ('ipsec', '', 'vpn', 'possible'),
     ('tor', 'tor', 'anonymity', 'confirmed'), ('shadowsocks', '', 'proxy', 'possible'), ('socks5', '', 'proxy', 'likely'), ('nordvpn', 'nordvpn', 'vpn', 'confirmed'),
     ('telegram', 'telegram', 'messenger', 'confirmed'), ('whatsapp', 'whatsapp', 'messenger', 'likely'), ('tamtam', 'tamtam', 'messenger', 'likely'),
     ('none', '', 'none', 'unclassified'), ('none', 'google', 'none', 'unclassified')] AS names,
    arrayMap(v -> xxHash64(concat(v.1, '\0', v.2, '\0', v.3, '\0', v.4, '\0scale@1.0.0\0none')), names) AS numbers,
    toDate('2017-06-01') + intDiv(number * 365, {rows:UInt64}) AS day,
    sipHash64(number, {seed:UInt64}) AS dice,
    sipHash64(number, {seed:UInt64}, 2) AS dice2,
    toUInt32(floor(exp((dice % 1000000) / 1000000 * log(61)))) AS rank,
    countries[rank] AS code,
    toUInt64(greatest(5, {rows:UInt64} / 365 * log((rank + 1) / rank) / log(61) / 3)) AS users,
    dice2 % users AS user,
    sipHash64(code, user, {seed:UInt64}) AS who,
    code = 'ru' AND day >= toDate('2018-04-16') AS banned,
    -- The share of users of circumvention: 18 %, its noise from day to day, and half as many again behind the ban.
    (who % 1000) < 180 * (1 + 0.04 * ((sipHash64(day, code, {seed:UInt64}) % 1000) / 500 - 1)) * if(banned, 1.5, 1) AS uses,
    multiIf(uses AND intDiv(dice2, 1000) % 2 = 0, 1 + (intDiv(who, 1000) + (intDiv(dice2, 100000) % 20 = 0)) % 8,
        intDiv(dice2, 10000) % 4 = 0, 9 + intDiv(who, 10000) % 3,
        12 + (intDiv(dice2, 10000) % 7 = 1)) AS verdict_at
SELECT
    toDateTime(day, 'UTC') + toIntervalHour(intDiv(dice2, 1000000) % 24), code, 64500 + rank * 16 + who % 12,
    sipHash64(code, user, day, {seed:UInt64}) AS client, numbers[verdict_at], 1,
    1 + dice % 5 AS flows, if(verdict_at >= 12, 0.02, 0.93) * flows, if(verdict_at = 9 AND banned AND dice % 10 < 7, flows, intDiv(dice, 100) % 50 = 0),
    1000 + dice % 100000, 10000 + dice2 % 1000000, flows
FROM numbers({rows:UInt64})
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO coverage (hour, country, exporter, simulated, flow_records, dns_records)
SELECT toDateTime('2017-06-01 00:00:00', 'UTC') + toIntervalHour(h.number), country, concat(country, '-', toString(e.number)), 1, 100, 10
FROM numbers(8760) AS h
CROSS JOIN (SELECT DISTINCT toString(country) AS country FROM usage) AS c
CROSS JOIN numbers(2) AS e
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO endpoints (day, country, service, prefix, asn, simulated, flows, unanswered)
WITH country = 'ru' AND day >= toDate('2018-04-16') AND service = 'telegram' AS banned
SELECT
    toDate('2017-06-01') + d.number AS day, country, ['telegram', 'whatsapp', 'mullvad', 'nordvpn', 'tor'][1 + n.number % 5] AS service,
    toIPv6(concat('::ffff:', if(banned AND n.number > 15, '35.', '149.'), toString(n.number % 5), '.', toString(n.number + if(banned, d.number % 10, 0)), '.0')) AS prefix,
    if(banned AND n.number > 15, 15169, 62041), 1, 20 + n.number, if(banned, 14, 0)
FROM numbers(365) AS d
CROSS JOIN (SELECT DISTINCT toString(country) AS country FROM usage) AS c
CROSS JOIN numbers(30) AS n
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO resolutions (day, country, name, prefix, simulated, answers)
SELECT
    toDate('2017-06-01') + d.number, country, concat('shop', toString(n.number), '.example'),
    toIPv6(concat('::ffff:', if(n.number % 4 = 0, '35.0.', '93.184.'), toString(n.number), '.0')), 1, 5 + n.number
FROM numbers(365) AS d
CROSS JOIN (SELECT DISTINCT toString(country) AS country FROM usage) AS c
CROSS JOIN numbers(50) AS n
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO dns_usage (hour, country, asn, client, name, service, category, simulated, pack, queries, answered, failed, no_response, records)
SELECT
    hour, country, asn, client,
    if(dice % 3 = 0, 'telegram.org', concat('shop', toString(dice % 50), '.example')), if(dice % 3 = 0, 'telegram', ''), if(dice % 3 = 0, 'messenger', 'none'), 1, 'scale@1.0.0',
    1, 1, 0, 0, 1
FROM (SELECT hour, country, asn, client, sipHash64(client, hour) AS dice FROM usage WHERE client % 10 = 0)
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO blocklist (list, as_of, first, last, prefix, organisation, decree, source, simulated)
SELECT
    'ru', toDate('2018-04-10') + d.number, toIPv6(concat('::ffff:35.0.', toString(n.number), '.0')), toIPv6(concat('::ffff:35.0.', toString(n.number), '.255')),
    concat('35.0.', toString(n.number), '.0/24'), 'RKN', '27-31-2018', 'scale', 1
FROM numbers(30) AS d
CROSS JOIN numbers(200) AS n
WHERE n.number <= d.number * 10;

INSERT INTO touched (country, day, touches) SELECT country, toDate(hour), 1 FROM usage GROUP BY country, toDate(hour) SETTINGS insert_deduplicate = 0;

INSERT INTO batches (source, partition, first, next, state, token, records_in, stored, folded, rejected, skipped, pack, lists, key_id, simulated)
SELECT 'scale', 0, 0, {rows:UInt64}, arrayJoin(['intended', 'done']), 'scale',
    (SELECT sum(records) FROM usage) + (SELECT sum(records) FROM dns_usage) AS n, 0, n, 0, 0, 'scale@1.0.0', 'none', '', 1;
