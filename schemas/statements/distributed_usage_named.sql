CREATE OR REPLACE VIEW usage_named AS
SELECT
    u.hour AS hour, u.country AS country, u.asn AS asn, u.client AS client,
    v.tool AS tool, v.service AS service, v.category AS category, v.level AS level, u.simulated AS simulated, v.pack AS pack, v.lists AS lists,
    u.flows AS flows, u.expected AS expected, u.unanswered AS unanswered, u.bytes_up AS bytes_up, u.bytes_down AS bytes_down, u.records AS records
FROM usage AS u
GLOBAL INNER JOIN (SELECT * FROM verdicts FINAL) AS v ON v.number = u.verdict
