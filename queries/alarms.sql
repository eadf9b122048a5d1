-- title: Alarms
-- question: When did use, a network's use or the reach of a service leave its baseline, as it was noticed at the time?
-- public: its counts are multiples of the fewest clients that may be shown
-- param country String = '': lower-case ISO code; empty for all
-- param kind String = '': rise, drop or unblocking; empty for all
-- param from Date = '1970-01-01': first UTC day on which an alarm began
-- param to Date = '2149-06-06': last UTC day
-- column id key: made of what the alarm is about and when it began
-- column country key: country of the clients
-- column asn key: network that it is about; 0: all of the country
-- column tool key: tool that it is about; empty: all that count as use
-- column service key: service that it is about; empty: none
-- column kind key: rise, drop or unblocking
-- column step key: hour or day: what was compared
-- column began key: first hour or day that stuck out
-- column raised text: end of the hour or day that raised it
-- column ended text: end of the hour or day in which it was over; null while it is on
-- column z text: standard deviations that the step that raised it was away from its baseline
-- column seen text: clients in that step, to a multiple of the fewest that may be shown; 0: fewer
-- column usual text: the same of its baseline
-- column within text: alarm of the whole country that it is a part of
-- column title text: what happened, in one line
-- column text text: the same in sentences
-- column acknowledged text: when somebody took note of it; null: nobody did
-- column simulated key: 1 where the telemetry is simulated
SELECT
    a.id AS id, a.country AS country, a.asn AS asn, a.tool AS tool, a.service AS service, a.kind AS kind, a.step AS step,
    a.began AS began, a.raised AS raised, a.ended AS ended, round(a.z, 1) AS z, a.clients AS seen, a.expected AS usual, a.within AS within,
    a.title AS title, a.text AS text, n.at AS acknowledged, a.simulated AS simulated
FROM (SELECT * FROM alarms FINAL) AS a
LEFT JOIN (SELECT alarm, toNullable(toDateTime(min(at), 'UTC')) AS at FROM alarm_notices WHERE about = 'acknowledged' GROUP BY alarm) AS n ON n.alarm = a.id
WHERE ({country:String} = '' OR a.country = {country:String})
    AND ({kind:String} = '' OR a.kind = {kind:String})
    AND toDate(a.began) BETWEEN {from:Date} AND {to:Date}
ORDER BY a.raised DESC, a.id
SETTINGS join_use_nulls = 1
