SELECT
    (SELECT sum(records) FROM usage),
    (SELECT sum(records) FROM dns_usage),
    (SELECT count() FROM rejects)
