SELECT id, toString(any(day)), any(rows), any(records) FROM forgotten WHERE what = 'retention' GROUP BY id HAVING max(state) = 'begun' ORDER BY id
