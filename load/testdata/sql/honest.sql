SELECT count() FROM usage
SELECT country, count() FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT sum(flows) FROM usage
SELECT country, sum(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT uniqExact(client) FROM usage
SELECT country, uniqExact(client) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT avg(flows) FROM usage
SELECT country, avg(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT min(hour) FROM usage
SELECT country, min(hour) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT max(hour) FROM usage
SELECT country, max(hour) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT quantile(0.5)(flows) FROM usage
SELECT country, quantile(0.5)(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT quantiles(0.1,0.9)(flows) FROM usage
SELECT country, quantiles(0.1,0.9)(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT countIf(flows > 1) FROM usage
SELECT country, countIf(flows > 1) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT sumIf(flows, flows > 1) FROM usage
SELECT country, sumIf(flows, flows > 1) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT uniqExactIf(client, flows > 1) FROM usage
SELECT country, uniqExactIf(client, flows > 1) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT argMax(country, flows) FROM usage
SELECT country, argMax(country, flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT groupArray(5)(country) FROM usage
SELECT country, groupArray(5)(country) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT groupUniqArray(country) FROM usage
SELECT country, groupUniqArray(country) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT any(country) FROM usage
SELECT country, any(country) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT topK(3)(country) FROM usage
SELECT country, topK(3)(country) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT stddevPop(flows) FROM usage
SELECT country, stddevPop(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT varSamp(flows) FROM usage
SELECT country, varSamp(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT corr(flows, bytes_up) FROM usage
SELECT country, corr(flows, bytes_up) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT medianExact(flows) FROM usage
SELECT country, medianExact(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT sumOrNull(flows) FROM usage
SELECT country, sumOrNull(flows) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT countDistinct(country) FROM usage
SELECT country, countDistinct(country) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT anyLast(country) FROM usage
SELECT country, anyLast(country) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT groupBitmap(client) FROM usage
SELECT country, groupBitmap(client) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT simpleLinearRegression(flows, bytes_up) FROM usage
SELECT country, simpleLinearRegression(flows, bytes_up) FROM usage GROUP BY country ORDER BY 1 LIMIT 3
SELECT number, row_number() OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, row_number() OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, rank() OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, rank() OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, dense_rank() OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, dense_rank() OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, lag(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, lag(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, lead(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, lead(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, first_value(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, first_value(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, last_value(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, last_value(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, sum(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, sum(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, avg(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, avg(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, lagInFrame(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, lagInFrame(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, leadInFrame(f) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, leadInFrame(f) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, nth_value(f, 1) OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, nth_value(f, 1) OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, ntile(2) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, ntile(2) OVER (PARTITION BY k ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT number, percent_rank() OVER (ORDER BY number) FROM (SELECT number, number * 2 AS f FROM numbers(5))
SELECT day, percent_rank() OVER (PARTITION BY k ORDER BY day) FROM (SELECT toDate('2018-04-01') + number AS day, number % 2 AS k, number AS f FROM numbers(6))
SELECT upper('a') FROM numbers(2)
SELECT lower('A') FROM numbers(2)
SELECT length('abc') FROM numbers(2)
SELECT substring('abc', 1, 2) FROM numbers(2)
SELECT concat('a','b') FROM numbers(2)
SELECT replaceAll('aab','a','c') FROM numbers(2)
SELECT splitByChar(',', 'a,b') FROM numbers(2)
SELECT arrayMap(x -> x + 1, [1,2]) FROM numbers(2)
SELECT arrayMap(upper, ['a','b']) FROM numbers(2)
SELECT arrayFilter(x -> x > 1, [1,2,3]) FROM numbers(2)
SELECT arraySort(x -> -x, [1,3,2]) FROM numbers(2)
SELECT arrayReduce('sum', [1,2]) FROM numbers(2)
SELECT arrayJoin([1,2,3]) FROM numbers(2)
SELECT has([1,2], 1) FROM numbers(2)
SELECT arrayDistinct([1,1]) FROM numbers(2)
SELECT arrayCumSum([1,2,3]) FROM numbers(2)
SELECT arrayFold(acc, x -> acc + x, [1,2], 0::UInt64) FROM numbers(2)
SELECT arrayEnumerate([5,6]) FROM numbers(2)
SELECT arrayZip([1,2],['a','b']) FROM numbers(2)
SELECT toDate('2018-04-16') FROM numbers(2)
SELECT toDateTime('2018-04-16 00:00:00', 'UTC') FROM numbers(2)
SELECT toStartOfWeek(toDate('2018-04-16')) FROM numbers(2)
SELECT toStartOfMonth(toDate('2018-04-16')) FROM numbers(2)
SELECT dateDiff('day', toDate('2018-04-01'), toDate('2018-04-16')) FROM numbers(2)
SELECT toDate('2018-04-16') + INTERVAL 1 DAY FROM numbers(2)
SELECT formatDateTime(toDateTime(0, 'UTC'), '%Y-%m-%d') FROM numbers(2)
SELECT now() > toDateTime(0) FROM numbers(2)
SELECT today() > toDate(0) FROM numbers(2)
SELECT round(1.234, 2) FROM numbers(2)
SELECT exp(1) FROM numbers(2)
SELECT log(2) FROM numbers(2)
SELECT sqrt(4) FROM numbers(2)
SELECT greatest(1, 2) FROM numbers(2)
SELECT least(1, 2) FROM numbers(2)
SELECT if(1, 'a', 'b') FROM numbers(2)
SELECT multiIf(0, 'a', 1, 'b', 'c') FROM numbers(2)
SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END FROM numbers(2)
SELECT coalesce(NULL, 1) FROM numbers(2)
SELECT nullIf(1, 1) FROM numbers(2)
SELECT ifNull(NULL, 0) FROM numbers(2)
SELECT assumeNotNull(1) FROM numbers(2)
SELECT tuple(1, 'a').2 FROM numbers(2)
SELECT (1, 'a').1 FROM numbers(2)
SELECT [1,2,3][2] FROM numbers(2)
SELECT map('a', 1)['a'] FROM numbers(2)
SELECT mapKeys(map('a', 1)) FROM numbers(2)
SELECT 1 IN (1, 2) FROM numbers(2)
SELECT 'a' LIKE '%a%' FROM numbers(2)
SELECT match('abc', 'b') FROM numbers(2)
SELECT extract('abc', 'b.') FROM numbers(2)
SELECT JSONExtractInt('{"a":1}', 'a') FROM numbers(2)
SELECT cityHash64('a') FROM numbers(2)
SELECT MD5('a') FROM numbers(2)
SELECT hex('a') FROM numbers(2)
SELECT base64Encode('a') FROM numbers(2)
SELECT toString(1) FROM numbers(2)
SELECT toUInt8('1') FROM numbers(2)
SELECT CAST('1' AS UInt8) FROM numbers(2)
SELECT '1'::UInt8 FROM numbers(2)
SELECT toTypeName(1) FROM numbers(2)
SELECT IPv6NumToString(toIPv6('::1')) FROM numbers(2)
SELECT toIPv4('192.0.2.1') FROM numbers(2)
SELECT isIPAddressInRange('192.0.2.1', '192.0.2.0/24') FROM numbers(2)
SELECT cutToFirstSignificantSubdomain('https://www.example.org/') FROM numbers(2)
SELECT formatReadableSize(1024) FROM numbers(2)
SELECT bar(1, 0, 2) FROM numbers(2)
SELECT intDiv(5, 2) FROM numbers(2)
SELECT 5 % 2 FROM numbers(2)
SELECT bitAnd(3, 1) FROM numbers(2)
SELECT rand() >= 0 FROM numbers(2)
SELECT number % 2 FROM numbers(2)
SELECT NOT 1 FROM numbers(2)
SELECT 1 BETWEEN 0 AND 2 FROM numbers(2)
SELECT isNaN(0/0) FROM numbers(2)
SELECT transform(1, [1], ['a'], 'b') FROM numbers(2)
SELECT lagInFrame(1) OVER () FROM numbers(2)
SELECT 'a' || 'b'
WITH t AS (SELECT number AS n FROM numbers(3)) SELECT sum(n) FROM t
WITH 2 AS two SELECT two * 2
WITH (SELECT max(number) FROM numbers(5)) AS top SELECT number, top FROM numbers(2)
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t
SELECT a.number, b.number FROM numbers(3) AS a INNER JOIN numbers(2) AS b ON a.number = b.number
SELECT a.number FROM numbers(3) AS a LEFT JOIN numbers(2) AS b USING (number)
SELECT * FROM numbers(2) AS a CROSS JOIN numbers(2) AS b
SELECT number FROM numbers(3) WHERE number IN (SELECT number FROM numbers(2))
SELECT number FROM numbers(3) UNION ALL SELECT number FROM numbers(2)
SELECT number FROM numbers(3) UNION DISTINCT SELECT number FROM numbers(2)
SELECT number FROM numbers(3) INTERSECT SELECT number FROM numbers(2)
SELECT number FROM numbers(3) EXCEPT SELECT number FROM numbers(2)
(SELECT 1) UNION ALL (SELECT 2)
SELECT * EXCEPT(client) FROM usage LIMIT 1
SELECT * APPLY(toString) FROM (SELECT 1 AS a, 2 AS b)
SELECT COLUMNS('^f') FROM usage LIMIT 1
SELECT * REPLACE(a + 1 AS a) FROM (SELECT 1 AS a)
SELECT country, count() FROM usage GROUP BY country WITH TOTALS
SELECT country, count() FROM usage GROUP BY ROLLUP(country)
SELECT country, asn, count() FROM usage GROUP BY CUBE(country, asn)
SELECT country, asn, count() FROM usage GROUP BY GROUPING SETS ((country), (asn))
SELECT country, count() AS c FROM usage GROUP BY country HAVING c > 0
SELECT country FROM usage ORDER BY flows DESC LIMIT 1 BY country
SELECT DISTINCT country FROM usage
SELECT x FROM (SELECT [1,2] AS a) ARRAY JOIN a AS x
SELECT number FROM numbers(10) LIMIT 2 OFFSET 3
SELECT number FROM numbers(10) ORDER BY number DESC LIMIT 2 WITH TIES
SELECT d, n FROM (SELECT toDate('2018-04-01') + number * 2 AS d, number AS n FROM numbers(3)) ORDER BY d WITH FILL
SELECT toStartOfDay(hour) AS day, uniqExact(client) FROM usage GROUP BY day ORDER BY day
SELECT day, users, users / lagInFrame(users, 1, users) OVER (ORDER BY day) AS change FROM (SELECT toDate(hour) AS day, uniqExact(client) AS users FROM usage GROUP BY day)
SELECT 1 FORMAT JSON
SELECT 1 AS a FORMAT CSVWithNames
SELECT 1 FORMAT Parquet
SELECT number FROM numbers(3) FORMAT Vertical
SELECT 1 SETTINGS max_threads = 1
SELECT 1 SETTINGS max_threads = 1 FORMAT JSONEachRow
SELECT 1 FORMAT JSONEachRow SETTINGS max_threads = 1
SELECT * FROM (SELECT 1 SETTINGS max_threads = 2)
SELECT a.number FROM numbers(3) AS a LEFT JOIN numbers(2) AS b USING (number) SETTINGS join_use_nulls = 1
SELECT 1 -- a comment
SELECT /* a comment */ 1
SELECT 'a file( in text', 'it''s', 'b\'c'
SELECT 1 AS "a name", `a name`
SELECT 'привет'
SHOW TABLES
SHOW TABLES LIKE 'us%'
SHOW CREATE TABLE usage
DESCRIBE usage
DESCRIBE TABLE usage
DESC usage
EXISTS usage
EXISTS TABLE usage
EXPLAIN SELECT 1
EXPLAIN SYNTAX SELECT 1
EXPLAIN AST SELECT 1
EXPLAIN PLAN SELECT count() FROM usage
EXPLAIN PIPELINE SELECT count() FROM usage
EXPLAIN QUERY TREE SELECT 1
EXPLAIN indexes = 1 SELECT count() FROM usage
EXPLAIN ESTIMATE SELECT count() FROM usage
SELECT name FROM system.tables WHERE database = currentDatabase()
SELECT name FROM system.columns WHERE table = 'usage'
SELECT * FROM generateSeries(1, 3)
SELECT * FROM values('a UInt8, b String', (1, 'x'), (2, 'y'))
SELECT version(), currentDatabase()
FROM usage SELECT count()
SELECT count() FROM flows
SELECT count() FROM dns_usage
SELECT count() FROM events
SELECT * FROM ledger LIMIT 1
SELECT day, fraction FROM coverage_days LIMIT 1
SELECT client FROM usage WHERE client IN (SELECT client FROM usage GROUP BY client HAVING count() > 1) LIMIT 5
SELECT quantileTDigest(0.5)(flows), quantilesTimingIf(0.5, 0.9)(flows, flows > 0) FROM usage
SELECT sumMap(map('a', 1)), sumForEach([1, 2]), uniqMerge(s) FROM (SELECT uniqState(number) AS s FROM numbers(3))
SELECT count(*) FILTER (WHERE flows > 0) FROM usage
SELECT exists(SELECT 1)
SELECT (SELECT count() FROM usage) AS total, count() / total FROM usage
SELECT sum(flows) AS s, s * 2 FROM usage
SELECT country, sum(flows) / sum(sum(flows)) OVER () AS share FROM usage GROUP BY country
