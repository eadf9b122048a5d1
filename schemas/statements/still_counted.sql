SELECT sum(records) FROM (SELECT id, table_name, any(f.records) AS records FROM forgotten AS f WHERE state = 'done' OR what = 'retention' GROUP BY id, table_name)
