SHOW TABLES
DESCRIBE usage
SELECT count() FROM usage FORMAT CSV
SELECT version()
SELECT 1 AS port, 'file' AS f
SELECT 'function_name file'
SELECT arrayMap(length, ['a'])
SELECT * APPLY(toString) FROM numbers(3)
SELECT COLUMNS('number') APPLY(sum) FROM numbers(3)
SELECT arrayMap(x -> x + 1, [1, 2])
WITH 1 AS a SELECT a FORMAT JSON SETTINGS max_threads = 1
SELECT * FROM (SELECT 1 SETTINGS max_threads = 1) AS a, (SELECT 2) AS b
SELECT 1 >= 1, 1.5::Float64, [1,2][1], (1,2).1, map('a', 1)['a']
SELECT 1 UNION ALL SELECT 2
SELECT 1 INTERSECT SELECT 1
SELECT CASE WHEN 1 THEN 2 ELSE 3 END, CASE 1 WHEN 1 THEN 2 END
SELECT CAST('1' AS UInt8), INTERVAL 1 DAY, now() - INTERVAL 1 HOUR, DATE '2018-04-16', today()
SELECT number FROM numbers(10) WHERE number IN (SELECT 1) AND number BETWEEN 0 AND 3 AND number NOT IN (7)
SELECT 'a' LIKE '%', 'a' ILIKE 'A', NOT 1, -1, 'a' || 'b', NULL IS NULL, 1 IS NOT NULL
SELECT EXTRACT(YEAR FROM now()), substring('abc', 1, 2), trim(BOTH 'a' FROM 'abca'), position('a' IN 'ba')
SELECT hour, count() FROM usage GROUP BY hour ORDER BY 2 DESC LIMIT 5
SELECT hour, row_number() OVER (PARTITION BY hour ORDER BY flows) AS n FROM usage
SELECT uniqExact(hour), any(hour), groupArray(3)(hour) FROM usage WHERE flows > 0
WITH t AS (SELECT hour AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(hour)), argMax(hour, flows), countIf(flows > 1), topK(3)(hour) FROM usage
SELECT hour FROM usage ORDER BY hour LIMIT 1 BY hour
SELECT country, count() FROM usage GROUP BY country ORDER BY 2 DESC LIMIT 5
SELECT country, row_number() OVER (PARTITION BY country ORDER BY flows) AS n FROM usage
SELECT uniqExact(country), any(country), groupArray(3)(country) FROM usage WHERE flows > 0
WITH t AS (SELECT country AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(country)), argMax(country, flows), countIf(flows > 1), topK(3)(country) FROM usage
SELECT country FROM usage ORDER BY country LIMIT 1 BY country
SELECT tool, count() FROM usage GROUP BY tool ORDER BY 2 DESC LIMIT 5
SELECT tool, row_number() OVER (PARTITION BY tool ORDER BY flows) AS n FROM usage
SELECT uniqExact(tool), any(tool), groupArray(3)(tool) FROM usage WHERE flows > 0
WITH t AS (SELECT tool AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(tool)), argMax(tool, flows), countIf(flows > 1), topK(3)(tool) FROM usage
SELECT tool FROM usage ORDER BY tool LIMIT 1 BY tool
SELECT service, count() FROM usage GROUP BY service ORDER BY 2 DESC LIMIT 5
SELECT service, row_number() OVER (PARTITION BY service ORDER BY flows) AS n FROM usage
SELECT uniqExact(service), any(service), groupArray(3)(service) FROM usage WHERE flows > 0
WITH t AS (SELECT service AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(service)), argMax(service, flows), countIf(flows > 1), topK(3)(service) FROM usage
SELECT service FROM usage ORDER BY service LIMIT 1 BY service
SELECT category, count() FROM usage GROUP BY category ORDER BY 2 DESC LIMIT 5
SELECT category, row_number() OVER (PARTITION BY category ORDER BY flows) AS n FROM usage
SELECT uniqExact(category), any(category), groupArray(3)(category) FROM usage WHERE flows > 0
WITH t AS (SELECT category AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(category)), argMax(category, flows), countIf(flows > 1), topK(3)(category) FROM usage
SELECT category FROM usage ORDER BY category LIMIT 1 BY category
SELECT level, count() FROM usage GROUP BY level ORDER BY 2 DESC LIMIT 5
SELECT level, row_number() OVER (PARTITION BY level ORDER BY flows) AS n FROM usage
SELECT uniqExact(level), any(level), groupArray(3)(level) FROM usage WHERE flows > 0
WITH t AS (SELECT level AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(level)), argMax(level, flows), countIf(flows > 1), topK(3)(level) FROM usage
SELECT level FROM usage ORDER BY level LIMIT 1 BY level
SELECT flows, count() FROM usage GROUP BY flows ORDER BY 2 DESC LIMIT 5
SELECT flows, row_number() OVER (PARTITION BY flows ORDER BY flows) AS n FROM usage
SELECT uniqExact(flows), any(flows), groupArray(3)(flows) FROM usage WHERE flows > 0
WITH t AS (SELECT flows AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(flows)), argMax(flows, flows), countIf(flows > 1), topK(3)(flows) FROM usage
SELECT flows FROM usage ORDER BY flows LIMIT 1 BY flows
SELECT pack, count() FROM usage GROUP BY pack ORDER BY 2 DESC LIMIT 5
SELECT pack, row_number() OVER (PARTITION BY pack ORDER BY flows) AS n FROM usage
SELECT uniqExact(pack), any(pack), groupArray(3)(pack) FROM usage WHERE flows > 0
WITH t AS (SELECT pack AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(pack)), argMax(pack, flows), countIf(flows > 1), topK(3)(pack) FROM usage
SELECT pack FROM usage ORDER BY pack LIMIT 1 BY pack
SELECT client, count() FROM usage GROUP BY client ORDER BY 2 DESC LIMIT 5
SELECT client, row_number() OVER (PARTITION BY client ORDER BY flows) AS n FROM usage
SELECT uniqExact(client), any(client), groupArray(3)(client) FROM usage WHERE flows > 0
WITH t AS (SELECT client AS k, sum(flows) AS n FROM usage GROUP BY k) SELECT a.k, a.n FROM t AS a LEFT JOIN t AS b USING (k)
SELECT arraySort(groupUniqArray(client)), argMax(client, flows), countIf(flows > 1), topK(3)(client) FROM usage
SELECT client FROM usage ORDER BY client LIMIT 1 BY client
SELECT sum(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, sum(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT sum(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT avg(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, avg(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT avg(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT min(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, min(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT min(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT max(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, max(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT max(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT median(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, median(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT median(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT quantile(0.9)(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, quantile(0.9)(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT quantile(0.9)(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT stddevPop(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, stddevPop(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT stddevPop(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT varSamp(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, varSamp(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT varSamp(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT uniq(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, uniq(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT uniq(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT count(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, count(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT count(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT any(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, any(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT any(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT groupArray(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, groupArray(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT groupArray(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT sumIf(number, number > 2) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, sumIf(number, number > 2) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT sumIf(number, number > 2) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT avgOrNull(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, avgOrNull(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT avgOrNull(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT uniqExactIf(number, number > 2) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, uniqExactIf(number, number > 2) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT uniqExactIf(number, number > 2) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT groupUniqArray(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, groupUniqArray(number) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT groupUniqArray(number) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT argMin(number, number > 2) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT number % 2 AS k, argMin(number, number > 2) FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k
SELECT argMin(number, number > 2) FROM (SELECT number FROM numbers(9)) HAVING count() > 0
SELECT lagInFrame(number) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT toString(number) FROM numbers(3)
SELECT arrayMap(x -> toString(x), range(4))
SELECT * APPLY(toString) FROM numbers(2)
SELECT toFloat64(number) FROM numbers(3)
SELECT arrayMap(x -> toFloat64(x), range(4))
SELECT * APPLY(toFloat64) FROM numbers(2)
SELECT sqrt(number) FROM numbers(3)
SELECT arrayMap(x -> sqrt(x), range(4))
SELECT * APPLY(sqrt) FROM numbers(2)
SELECT exp(number) FROM numbers(3)
SELECT arrayMap(x -> exp(x), range(4))
SELECT * APPLY(exp) FROM numbers(2)
SELECT toDate(number) FROM numbers(3)
SELECT arrayMap(x -> toDate(x), range(4))
SELECT * APPLY(toDate) FROM numbers(2)
SELECT toDateTime(number) FROM numbers(3)
SELECT arrayMap(x -> toDateTime(x), range(4))
SELECT * APPLY(toDateTime) FROM numbers(2)
SELECT hex(number) FROM numbers(3)
SELECT arrayMap(x -> hex(x), range(4))
SELECT * APPLY(hex) FROM numbers(2)
SELECT bin(number) FROM numbers(3)
SELECT arrayMap(x -> bin(x), range(4))
SELECT * APPLY(bin) FROM numbers(2)
SELECT cityHash64(number) FROM numbers(3)
SELECT arrayMap(x -> cityHash64(x), range(4))
SELECT * APPLY(cityHash64) FROM numbers(2)
SELECT sipHash64(number) FROM numbers(3)
SELECT arrayMap(x -> sipHash64(x), range(4))
SELECT * APPLY(sipHash64) FROM numbers(2)
SELECT abs(number) FROM numbers(3)
SELECT arrayMap(x -> abs(x), range(4))
SELECT * APPLY(abs) FROM numbers(2)
SELECT round(number) FROM numbers(3)
SELECT arrayMap(x -> round(x), range(4))
SELECT * APPLY(round) FROM numbers(2)
SELECT floor(number) FROM numbers(3)
SELECT arrayMap(x -> floor(x), range(4))
SELECT * APPLY(floor) FROM numbers(2)
SELECT log1p(number) FROM numbers(3)
SELECT arrayMap(x -> log1p(x), range(4))
SELECT * APPLY(log1p) FROM numbers(2)
SELECT isNaN(number) FROM numbers(3)
SELECT arrayMap(x -> isNaN(x), range(4))
SELECT * APPLY(isNaN) FROM numbers(2)
SELECT toInt32(number) FROM numbers(3)
SELECT arrayMap(x -> toInt32(x), range(4))
SELECT * APPLY(toInt32) FROM numbers(2)
SELECT bitCount(number) FROM numbers(3)
SELECT arrayMap(x -> bitCount(x), range(4))
SELECT * APPLY(bitCount) FROM numbers(2)
SELECT sin(number) FROM numbers(3)
SELECT arrayMap(x -> sin(x), range(4))
SELECT * APPLY(sin) FROM numbers(2)
SELECT negate(number) FROM numbers(3)
SELECT arrayMap(x -> negate(x), range(4))
SELECT * APPLY(negate) FROM numbers(2)
SELECT toUInt8(number) FROM numbers(3)
SELECT arrayMap(x -> toUInt8(x), range(4))
SELECT * APPLY(toUInt8) FROM numbers(2)
SELECT 1 AS a, 'x' AS b FORMAT TabSeparated
SELECT 1 AS a, 'x' AS b FORMAT TabSeparatedRaw
SELECT 1 AS a, 'x' AS b FORMAT TabSeparatedWithNames
SELECT 1 AS a, 'x' AS b FORMAT TabSeparatedWithNamesAndTypes
SELECT 1 AS a, 'x' AS b FORMAT TSV
SELECT 1 AS a, 'x' AS b FORMAT TSVRaw
SELECT 1 AS a, 'x' AS b FORMAT TSVWithNames
SELECT 1 AS a, 'x' AS b FORMAT TSVWithNamesAndTypes
SELECT 1 AS a, 'x' AS b FORMAT CSV
SELECT 1 AS a, 'x' AS b FORMAT CSVWithNames
SELECT 1 AS a, 'x' AS b FORMAT CSVWithNamesAndTypes
SELECT 1 AS a, 'x' AS b FORMAT JSON
SELECT 1 AS a, 'x' AS b FORMAT JSONStrings
SELECT 1 AS a, 'x' AS b FORMAT JSONColumns
SELECT 1 AS a, 'x' AS b FORMAT JSONCompact
SELECT 1 AS a, 'x' AS b FORMAT JSONEachRow
SELECT 1 AS a, 'x' AS b FORMAT JSONLines
SELECT 1 AS a, 'x' AS b FORMAT NDJSON
SELECT 1 AS a, 'x' AS b FORMAT JSONCompactEachRow
SELECT 1 AS a, 'x' AS b FORMAT JSONCompactEachRowWithNames
SELECT 1 AS a, 'x' AS b FORMAT JSONStringsEachRow
SELECT 1 AS a, 'x' AS b FORMAT Pretty
SELECT 1 AS a, 'x' AS b FORMAT PrettyCompact
SELECT 1 AS a, 'x' AS b FORMAT PrettyCompactMonoBlock
SELECT 1 AS a, 'x' AS b FORMAT PrettyNoEscapes
SELECT 1 AS a, 'x' AS b FORMAT PrettyCompactNoEscapes
SELECT 1 AS a, 'x' AS b FORMAT PrettyCompactNoEscapesMonoBlock
SELECT 1 AS a, 'x' AS b FORMAT PrettySpace
SELECT 1 AS a, 'x' AS b FORMAT Vertical
SELECT 1 AS a, 'x' AS b FORMAT Markdown
SELECT 1 AS a, 'x' AS b FORMAT Values
SELECT 1 AS a, 'x' AS b FORMAT XML
SELECT 1 AS a, 'x' AS b FORMAT Parquet
SELECT 1 AS a, 'x' AS b FORMAT Arrow
SELECT 1 AS a, 'x' AS b FORMAT ArrowStream
SELECT 1 AS a, 'x' AS b FORMAT ORC
SELECT 1 AS a, 'x' AS b FORMAT Native
SELECT 1 AS a, 'x' AS b FORMAT RowBinary
SELECT 1 AS a, 'x' AS b FORMAT RowBinaryWithNames
SELECT 1 AS a, 'x' AS b FORMAT RowBinaryWithNamesAndTypes
SELECT 1 AS a, 'x' AS b FORMAT Null
