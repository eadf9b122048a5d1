SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS p)
SELECT arrayMap(file, ['/etc/passwd'])
SELECT 1 FORMAT Template SETTINGS format_template_row='/etc/passwd'
SELECT 1 FORMAT AvroConfluent SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1/'
SELECT * FROM format(CapnProto, 'x') SETTINGS format_schema='/etc/passwd:X'
SELECT * FROM file('/etc/passwd','LineAsString')
SELECT count() FROM (SELECT * FROM file('/etc/passwd','LineAsString') AS x)
SELECT * FROM url('http://127.0.0.1:1/','CSV','a String')
SELECT count() FROM (SELECT * FROM url('http://127.0.0.1:1/','CSV','a String') AS x)
SELECT * FROM s3('http://127.0.0.1:1/b/k','CSV','a String')
SELECT count() FROM (SELECT * FROM s3('http://127.0.0.1:1/b/k','CSV','a String') AS x)
SELECT * FROM gcs('http://127.0.0.1:1/b/k')
SELECT count() FROM (SELECT * FROM gcs('http://127.0.0.1:1/b/k') AS x)
SELECT * FROM oss('http://127.0.0.1:1/b/k')
SELECT count() FROM (SELECT * FROM oss('http://127.0.0.1:1/b/k') AS x)
SELECT * FROM cosn('http://127.0.0.1:1/b/k')
SELECT count() FROM (SELECT * FROM cosn('http://127.0.0.1:1/b/k') AS x)
SELECT * FROM hdfs('hdfs://127.0.0.1:1/x','CSV','a String')
SELECT count() FROM (SELECT * FROM hdfs('hdfs://127.0.0.1:1/x','CSV','a String') AS x)
SELECT * FROM remote('127.0.0.1:1', system.one)
SELECT count() FROM (SELECT * FROM remote('127.0.0.1:1', system.one) AS x)
SELECT * FROM remoteSecure('127.0.0.1:1', system.one)
SELECT count() FROM (SELECT * FROM remoteSecure('127.0.0.1:1', system.one) AS x)
SELECT * FROM cluster('default', system.one)
SELECT count() FROM (SELECT * FROM cluster('default', system.one) AS x)
SELECT * FROM clusterAllReplicas('default', system.one)
SELECT count() FROM (SELECT * FROM clusterAllReplicas('default', system.one) AS x)
SELECT * FROM mysql('127.0.0.1:1','d','t','u','p')
SELECT count() FROM (SELECT * FROM mysql('127.0.0.1:1','d','t','u','p') AS x)
SELECT * FROM postgresql('127.0.0.1:1','d','t','u','p')
SELECT count() FROM (SELECT * FROM postgresql('127.0.0.1:1','d','t','u','p') AS x)
SELECT * FROM mongodb('127.0.0.1:1','d','c','u','p','a String')
SELECT count() FROM (SELECT * FROM mongodb('127.0.0.1:1','d','c','u','p','a String') AS x)
SELECT * FROM redis('127.0.0.1:1','k','k String')
SELECT count() FROM (SELECT * FROM redis('127.0.0.1:1','k','k String') AS x)
SELECT * FROM sqlite('/etc/passwd','t')
SELECT count() FROM (SELECT * FROM sqlite('/etc/passwd','t') AS x)
SELECT * FROM jdbc('DSN=x','d','t')
SELECT count() FROM (SELECT * FROM jdbc('DSN=x','d','t') AS x)
SELECT * FROM odbc('DSN=x','d','t')
SELECT count() FROM (SELECT * FROM odbc('DSN=x','d','t') AS x)
SELECT * FROM executable('id','TSV','a String')
SELECT count() FROM (SELECT * FROM executable('id','TSV','a String') AS x)
SELECT * FROM iceberg('http://127.0.0.1:1/')
SELECT count() FROM (SELECT * FROM iceberg('http://127.0.0.1:1/') AS x)
SELECT * FROM icebergLocal('/etc')
SELECT count() FROM (SELECT * FROM icebergLocal('/etc') AS x)
SELECT * FROM deltaLake('http://127.0.0.1:1/')
SELECT count() FROM (SELECT * FROM deltaLake('http://127.0.0.1:1/') AS x)
SELECT * FROM deltaLakeLocal('/etc')
SELECT count() FROM (SELECT * FROM deltaLakeLocal('/etc') AS x)
SELECT * FROM hudi('http://127.0.0.1:1/')
SELECT count() FROM (SELECT * FROM hudi('http://127.0.0.1:1/') AS x)
SELECT * FROM azureBlobStorage('http://127.0.0.1:1/','c','b')
SELECT count() FROM (SELECT * FROM azureBlobStorage('http://127.0.0.1:1/','c','b') AS x)
SELECT * FROM fileCluster('default','/etc/passwd','LineAsString')
SELECT count() FROM (SELECT * FROM fileCluster('default','/etc/passwd','LineAsString') AS x)
SELECT * FROM urlCluster('default','http://127.0.0.1:1/','CSV','a String')
SELECT count() FROM (SELECT * FROM urlCluster('default','http://127.0.0.1:1/','CSV','a String') AS x)
SELECT * FROM s3Cluster('default','http://127.0.0.1:1/b/k','CSV','a String')
SELECT count() FROM (SELECT * FROM s3Cluster('default','http://127.0.0.1:1/b/k','CSV','a String') AS x)
SELECT * FROM filesystem('/etc')
SELECT count() FROM (SELECT * FROM filesystem('/etc') AS x)
SELECT * FROM merge('.*')
SELECT count() FROM (SELECT * FROM merge('.*') AS x)
SELECT * FROM merge('system','.*')
SELECT count() FROM (SELECT * FROM merge('system','.*') AS x)
SELECT * FROM dictionary('d')
SELECT count() FROM (SELECT * FROM dictionary('d') AS x)
SELECT * FROM loop(system.one)
SELECT count() FROM (SELECT * FROM loop(system.one) AS x)
SELECT * FROM input('a String')
SELECT count() FROM (SELECT * FROM input('a String') AS x)
SELECT * FROM fuzzQuery('SELECT 1')
SELECT count() FROM (SELECT * FROM fuzzQuery('SELECT 1') AS x)
SELECT * FROM mergeTreeIndex(currentDatabase(), 'usage')
SELECT count() FROM (SELECT * FROM mergeTreeIndex(currentDatabase(), 'usage') AS x)
SELECT * FROM ytsaurus('http://127.0.0.1:1','//t','x','a String')
SELECT count() FROM (SELECT * FROM ytsaurus('http://127.0.0.1:1','//t','x','a String') AS x)
SELECT * FROM eval('SELECT 1')
SELECT count() FROM (SELECT * FROM eval('SELECT 1') AS x)
SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('a String'))
SELECT count() FROM (SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('a String')) AS x)
SELECT * FROM paimonLocal('/etc')
SELECT count() FROM (SELECT * FROM paimonLocal('/etc') AS x)
SELECT * FROM prometheusQuery('d','t','up',now())
SELECT count() FROM (SELECT * FROM prometheusQuery('d','t','up',now()) AS x)
WITH t AS (SELECT * FROM file('/etc/passwd','LineAsString')) SELECT * FROM t
SELECT 1 IN (SELECT * FROM file('/etc/passwd','LineAsString'))
DESCRIBE TABLE file('/etc/passwd','LineAsString')
EXPLAIN SELECT * FROM file('/etc/passwd','LineAsString')
SELECT 1 UNION ALL SELECT count() FROM file('/etc/passwd','LineAsString')
SELECT * FROM numbers(1) AS a JOIN file('/etc/passwd','LineAsString') AS b ON 1
WITH t AS (SELECT * FROM url('http://127.0.0.1:1/','CSV','a String')) SELECT * FROM t
SELECT 1 IN (SELECT * FROM url('http://127.0.0.1:1/','CSV','a String'))
DESCRIBE TABLE url('http://127.0.0.1:1/','CSV','a String')
EXPLAIN SELECT * FROM url('http://127.0.0.1:1/','CSV','a String')
SELECT 1 UNION ALL SELECT count() FROM url('http://127.0.0.1:1/','CSV','a String')
SELECT * FROM numbers(1) AS a JOIN url('http://127.0.0.1:1/','CSV','a String') AS b ON 1
WITH t AS (SELECT * FROM s3('http://127.0.0.1:1/b/k','CSV','a String')) SELECT * FROM t
SELECT 1 IN (SELECT * FROM s3('http://127.0.0.1:1/b/k','CSV','a String'))
DESCRIBE TABLE s3('http://127.0.0.1:1/b/k','CSV','a String')
EXPLAIN SELECT * FROM s3('http://127.0.0.1:1/b/k','CSV','a String')
SELECT 1 UNION ALL SELECT count() FROM s3('http://127.0.0.1:1/b/k','CSV','a String')
SELECT * FROM numbers(1) AS a JOIN s3('http://127.0.0.1:1/b/k','CSV','a String') AS b ON 1
WITH t AS (SELECT * FROM gcs('http://127.0.0.1:1/b/k')) SELECT * FROM t
SELECT 1 IN (SELECT * FROM gcs('http://127.0.0.1:1/b/k'))
DESCRIBE TABLE gcs('http://127.0.0.1:1/b/k')
EXPLAIN SELECT * FROM gcs('http://127.0.0.1:1/b/k')
SELECT 1 UNION ALL SELECT count() FROM gcs('http://127.0.0.1:1/b/k')
SELECT * FROM numbers(1) AS a JOIN gcs('http://127.0.0.1:1/b/k') AS b ON 1
WITH t AS (SELECT * FROM oss('http://127.0.0.1:1/b/k')) SELECT * FROM t
SELECT 1 IN (SELECT * FROM oss('http://127.0.0.1:1/b/k'))
DESCRIBE TABLE oss('http://127.0.0.1:1/b/k')
EXPLAIN SELECT * FROM oss('http://127.0.0.1:1/b/k')
SELECT 1 UNION ALL SELECT count() FROM oss('http://127.0.0.1:1/b/k')
SELECT * FROM numbers(1) AS a JOIN oss('http://127.0.0.1:1/b/k') AS b ON 1
WITH t AS (SELECT * FROM cosn('http://127.0.0.1:1/b/k')) SELECT * FROM t
SELECT 1 IN (SELECT * FROM cosn('http://127.0.0.1:1/b/k'))
DESCRIBE TABLE cosn('http://127.0.0.1:1/b/k')
EXPLAIN SELECT * FROM cosn('http://127.0.0.1:1/b/k')
SELECT 1 UNION ALL SELECT count() FROM cosn('http://127.0.0.1:1/b/k')
SELECT * FROM numbers(1) AS a JOIN cosn('http://127.0.0.1:1/b/k') AS b ON 1
SELECT file('/etc/passwd')
SELECT 1 WHERE NOT isNull(file('/etc/passwd'))
SELECT arrayMap(x -> file('/etc/passwd'), [1])
SELECT sleep(3)
SELECT 1 WHERE NOT isNull(sleep(3))
SELECT arrayMap(x -> sleep(3), [1])
SELECT sleepEachRow(1)
SELECT 1 WHERE NOT isNull(sleepEachRow(1))
SELECT arrayMap(x -> sleepEachRow(1), [1])
SELECT getSetting('max_threads')
SELECT 1 WHERE NOT isNull(getSetting('max_threads'))
SELECT arrayMap(x -> getSetting('max_threads'), [1])
SELECT getServerSetting('max_server_memory_usage')
SELECT 1 WHERE NOT isNull(getServerSetting('max_server_memory_usage'))
SELECT arrayMap(x -> getServerSetting('max_server_memory_usage'), [1])
SELECT getMacro('x')
SELECT 1 WHERE NOT isNull(getMacro('x'))
SELECT arrayMap(x -> getMacro('x'), [1])
SELECT getClientHTTPHeader('Authorization')
SELECT 1 WHERE NOT isNull(getClientHTTPHeader('Authorization'))
SELECT arrayMap(x -> getClientHTTPHeader('Authorization'), [1])
SELECT getServerPort('http_port')
SELECT 1 WHERE NOT isNull(getServerPort('http_port'))
SELECT arrayMap(x -> getServerPort('http_port'), [1])
SELECT dictGet('d','a',1)
SELECT 1 WHERE NOT isNull(dictGet('d','a',1))
SELECT arrayMap(x -> dictGet('d','a',1), [1])
SELECT dictHas('d',1)
SELECT 1 WHERE NOT isNull(dictHas('d',1))
SELECT arrayMap(x -> dictHas('d',1), [1])
SELECT joinGet('j','a',1)
SELECT 1 WHERE NOT isNull(joinGet('j','a',1))
SELECT arrayMap(x -> joinGet('j','a',1), [1])
SELECT catboostEvaluate('/etc/passwd',1)
SELECT 1 WHERE NOT isNull(catboostEvaluate('/etc/passwd',1))
SELECT arrayMap(x -> catboostEvaluate('/etc/passwd',1), [1])
SELECT showCertificate()
SELECT 1 WHERE NOT isNull(showCertificate())
SELECT arrayMap(x -> showCertificate(), [1])
SELECT hostName()
SELECT 1 WHERE NOT isNull(hostName())
SELECT arrayMap(x -> hostName(), [1])
SELECT FQDN()
SELECT 1 WHERE NOT isNull(FQDN())
SELECT arrayMap(x -> FQDN(), [1])
SELECT uptime()
SELECT 1 WHERE NOT isNull(uptime())
SELECT arrayMap(x -> uptime(), [1])
SELECT serverUUID()
SELECT 1 WHERE NOT isNull(serverUUID())
SELECT arrayMap(x -> serverUUID(), [1])
SELECT filesystemAvailable()
SELECT 1 WHERE NOT isNull(filesystemAvailable())
SELECT arrayMap(x -> filesystemAvailable(), [1])
SELECT getOSKernelVersion()
SELECT 1 WHERE NOT isNull(getOSKernelVersion())
SELECT arrayMap(x -> getOSKernelVersion(), [1])
SELECT demangle('_Z1fv')
SELECT 1 WHERE NOT isNull(demangle('_Z1fv'))
SELECT arrayMap(x -> demangle('_Z1fv'), [1])
SELECT addressToLine(1)
SELECT 1 WHERE NOT isNull(addressToLine(1))
SELECT arrayMap(x -> addressToLine(1), [1])
SELECT currentProfiles()
SELECT 1 WHERE NOT isNull(currentProfiles())
SELECT arrayMap(x -> currentProfiles(), [1])
SELECT enabledRoles()
SELECT 1 WHERE NOT isNull(enabledRoles())
SELECT arrayMap(x -> enabledRoles(), [1])
SELECT authenticatedUser()
SELECT 1 WHERE NOT isNull(authenticatedUser())
SELECT arrayMap(x -> authenticatedUser(), [1])
SELECT queryID()
SELECT 1 WHERE NOT isNull(queryID())
SELECT arrayMap(x -> queryID(), [1])
SELECT formatRow('Template','a')
SELECT 1 WHERE NOT isNull(formatRow('Template','a'))
SELECT arrayMap(x -> formatRow('Template','a'), [1])
SELECT structureToProtobufSchema('a String')
SELECT 1 WHERE NOT isNull(structureToProtobufSchema('a String'))
SELECT arrayMap(x -> structureToProtobufSchema('a String'), [1])
SELECT aiGenerate('x')
SELECT 1 WHERE NOT isNull(aiGenerate('x'))
SELECT arrayMap(x -> aiGenerate('x'), [1])
SELECT evalMLMethod(1,2)
SELECT 1 WHERE NOT isNull(evalMLMethod(1,2))
SELECT arrayMap(x -> evalMLMethod(1,2), [1])
SELECT regionToName(1)
SELECT 1 WHERE NOT isNull(regionToName(1))
SELECT arrayMap(x -> regionToName(1), [1])
SELECT logTrace('x')
SELECT 1 WHERE NOT isNull(logTrace('x'))
SELECT arrayMap(x -> logTrace('x'), [1])
SELECT encrypt('aes-128-ecb','x','0123456789abcdef')
SELECT 1 WHERE NOT isNull(encrypt('aes-128-ecb','x','0123456789abcdef'))
SELECT arrayMap(x -> encrypt('aes-128-ecb','x','0123456789abcdef'), [1])
SELECT globalVariable('x')
SELECT 1 WHERE NOT isNull(globalVariable('x'))
SELECT arrayMap(x -> globalVariable('x'), [1])
SELECT tcpPort()
SELECT 1 WHERE NOT isNull(tcpPort())
SELECT arrayMap(x -> tcpPort(), [1])
SELECT buildId()
SELECT 1 WHERE NOT isNull(buildId())
SELECT arrayMap(x -> buildId(), [1])
SELECT runningConcurrency(now(),now())
SELECT 1 WHERE NOT isNull(runningConcurrency(now(),now()))
SELECT arrayMap(x -> runningConcurrency(now(),now()), [1])
SELECT transactionID()
SELECT 1 WHERE NOT isNull(transactionID())
SELECT arrayMap(x -> transactionID(), [1])
SELECT arrayMap(file, ['x'])
SELECT * APPLY(file) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(file) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> file(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(file(p) AS p) FROM (SELECT 'x' AS p)
WITH file AS g SELECT arrayMap(g, ['x'])
SELECT `file`('x')
SELECT "file"('x')
SELECT file /* c */ ('x')
SELECT arraySort(x -> file('x'), [1])
SELECT 1 ORDER BY file('x')
SELECT 1 GROUP BY file('x')
SELECT sum(1) OVER (ORDER BY file('x'))
SELECT arrayMap(sleep, ['x'])
SELECT * APPLY(sleep) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(sleep) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> sleep(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(sleep(p) AS p) FROM (SELECT 'x' AS p)
WITH sleep AS g SELECT arrayMap(g, ['x'])
SELECT `sleep`('x')
SELECT "sleep"('x')
SELECT sleep /* c */ ('x')
SELECT arraySort(x -> sleep('x'), [1])
SELECT 1 ORDER BY sleep('x')
SELECT 1 GROUP BY sleep('x')
SELECT sum(1) OVER (ORDER BY sleep('x'))
SELECT arrayMap(getSetting, ['x'])
SELECT * APPLY(getSetting) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(getSetting) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> getSetting(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(getSetting(p) AS p) FROM (SELECT 'x' AS p)
WITH getSetting AS g SELECT arrayMap(g, ['x'])
SELECT `getSetting`('x')
SELECT "getSetting"('x')
SELECT getSetting /* c */ ('x')
SELECT arraySort(x -> getSetting('x'), [1])
SELECT 1 ORDER BY getSetting('x')
SELECT 1 GROUP BY getSetting('x')
SELECT sum(1) OVER (ORDER BY getSetting('x'))
SELECT arrayMap(getMacro, ['x'])
SELECT * APPLY(getMacro) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(getMacro) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> getMacro(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(getMacro(p) AS p) FROM (SELECT 'x' AS p)
WITH getMacro AS g SELECT arrayMap(g, ['x'])
SELECT `getMacro`('x')
SELECT "getMacro"('x')
SELECT getMacro /* c */ ('x')
SELECT arraySort(x -> getMacro('x'), [1])
SELECT 1 ORDER BY getMacro('x')
SELECT 1 GROUP BY getMacro('x')
SELECT sum(1) OVER (ORDER BY getMacro('x'))
SELECT arrayMap(dictHas, ['x'])
SELECT * APPLY(dictHas) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(dictHas) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> dictHas(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(dictHas(p) AS p) FROM (SELECT 'x' AS p)
WITH dictHas AS g SELECT arrayMap(g, ['x'])
SELECT `dictHas`('x')
SELECT "dictHas"('x')
SELECT dictHas /* c */ ('x')
SELECT arraySort(x -> dictHas('x'), [1])
SELECT 1 ORDER BY dictHas('x')
SELECT 1 GROUP BY dictHas('x')
SELECT sum(1) OVER (ORDER BY dictHas('x'))
SELECT arrayMap(catboostEvaluate, ['x'])
SELECT * APPLY(catboostEvaluate) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(catboostEvaluate) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> catboostEvaluate(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(catboostEvaluate(p) AS p) FROM (SELECT 'x' AS p)
WITH catboostEvaluate AS g SELECT arrayMap(g, ['x'])
SELECT `catboostEvaluate`('x')
SELECT "catboostEvaluate"('x')
SELECT catboostEvaluate /* c */ ('x')
SELECT arraySort(x -> catboostEvaluate('x'), [1])
SELECT 1 ORDER BY catboostEvaluate('x')
SELECT 1 GROUP BY catboostEvaluate('x')
SELECT sum(1) OVER (ORDER BY catboostEvaluate('x'))
SELECT arrayMap(logTrace, ['x'])
SELECT * APPLY(logTrace) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(logTrace) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> logTrace(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(logTrace(p) AS p) FROM (SELECT 'x' AS p)
WITH logTrace AS g SELECT arrayMap(g, ['x'])
SELECT `logTrace`('x')
SELECT "logTrace"('x')
SELECT logTrace /* c */ ('x')
SELECT arraySort(x -> logTrace('x'), [1])
SELECT 1 ORDER BY logTrace('x')
SELECT 1 GROUP BY logTrace('x')
SELECT sum(1) OVER (ORDER BY logTrace('x'))
SELECT arrayMap(FILE, ['x'])
SELECT * APPLY(FILE) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(FILE) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> FILE(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(FILE(p) AS p) FROM (SELECT 'x' AS p)
WITH FILE AS g SELECT arrayMap(g, ['x'])
SELECT `FILE`('x')
SELECT "FILE"('x')
SELECT FILE /* c */ ('x')
SELECT arraySort(x -> FILE('x'), [1])
SELECT 1 ORDER BY FILE('x')
SELECT 1 GROUP BY FILE('x')
SELECT sum(1) OVER (ORDER BY FILE('x'))
SELECT arrayMap(File, ['x'])
SELECT * APPLY(File) FROM (SELECT 'x' AS p)
SELECT COLUMNS('p') APPLY(File) FROM (SELECT 'x' AS p)
SELECT * APPLY(v -> File(v)) FROM (SELECT 'x' AS p)
SELECT * REPLACE(File(p) AS p) FROM (SELECT 'x' AS p)
WITH File AS g SELECT arrayMap(g, ['x'])
SELECT `File`('x')
SELECT "File"('x')
SELECT File /* c */ ('x')
SELECT arraySort(x -> File('x'), [1])
SELECT 1 ORDER BY File('x')
SELECT 1 GROUP BY File('x')
SELECT sum(1) OVER (ORDER BY File('x'))
INSERT INTO usage SELECT * FROM usage
DROP TABLE usage
ALTER TABLE usage DELETE WHERE 1
TRUNCATE TABLE usage
CREATE TABLE x (a Int8) ENGINE = Memory
CREATE VIEW v AS SELECT 1
CREATE FUNCTION f AS x -> x
CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '/etc/passwd' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)
SYSTEM SHUTDOWN
SYSTEM FLUSH LOGS
KILL QUERY WHERE 1
SET readonly = 0
SET max_threads = 1
USE system
GRANT SELECT ON *.* TO x
OPTIMIZE TABLE usage
RENAME TABLE usage TO u
ATTACH TABLE x
DETACH TABLE usage
BACKUP TABLE usage TO File('/tmp/x')
RESTORE TABLE usage FROM File('/tmp/x')
CHECK TABLE usage
WATCH x
BEGIN TRANSACTION
EXECUTE AS x SELECT 1
SELECT 1; SELECT 2
SELECT 1; DROP TABLE usage
SHOW GRANTS
SHOW USERS
SHOW PROCESSLIST
SHOW SETTINGS LIKE 'x'
SHOW CREATE USER default
SHOW DATABASES
SHOW ACCESS
SHOW CLUSTERS
SHOW TABLES FROM system
SHOW CREATE TABLE system.users
DESCRIBE TABLE system.users
DESCRIBE TABLE (SELECT file('/etc/passwd'))
EXISTS TABLE system.users
SELECT 1 INTO OUTFILE '/tmp/x'
SELECT 1 INTO OUTFILE '/tmp/x' FORMAT CSV
SELECT 1 into outfile '/tmp/x'
SELECT 1 INTO/**/OUTFILE '/tmp/x'
SELECT * FROM system.processes
SELECT * FROM system.query_log
SELECT * FROM system.named_collections
SELECT * FROM system.users
SELECT * FROM system.settings
SELECT * FROM system.server_settings
SELECT * FROM system.macros
SELECT * FROM system.merge_tree_settings
SELECT * FROM system.clusters
SELECT * FROM system.disks
SELECT * FROM system.storage_policies
SELECT * FROM system.dictionaries
SELECT * FROM system.text_log
SELECT * FROM system.session_log
SELECT * FROM system.grants
SELECT * FROM system.roles
SELECT * FROM system.environment
SELECT * FROM system.remote_data_paths
SELECT * FROM system.detached_parts
SELECT * FROM system.parts
SELECT * FROM system.build_options
SELECT * FROM system.licenses
SELECT * FROM system.events
SELECT * FROM system.metrics
SELECT * FROM system.warnings
SELECT * FROM system.certificates
SELECT * FROM system.user_processes
SELECT * FROM system.zookeeper
SELECT * FROM system.stack_trace
SELECT * FROM system.trace_log
SELECT * FROM system.backup_log
SELECT * FROM INFORMATION_SCHEMA.TABLES
SELECT * FROM information_schema.columns
SELECT * FROM default.x
SELECT * FROM `system`.`processes`
SELECT * FROM system/**/.processes
SELECT 1 FORMAT Template
SELECT 1 FORMAT CustomSeparated
SELECT 1 FORMAT Protobuf
SELECT 1 FORMAT ProtobufSingle
SELECT 1 FORMAT ProtobufList
SELECT 1 FORMAT CapnProto
SELECT 1 FORMAT AvroConfluent
SELECT 1 FORMAT Regexp
SELECT 1 FORMAT MySQLWire
SELECT 1 FORMAT PostgreSQLWire
SELECT 1 FORMAT ODBCDriver2
SELECT 1 FORMAT Npy
SELECT 1 FORMAT Hash
SELECT 1 FORMAT Prometheus
SELECT 1 FORMAT template
SELECT 1 SETTINGS format_schema='/etc/passwd'
SELECT 1 FORMAT CSV SETTINGS format_schema='/etc/passwd'
SELECT * FROM (SELECT 1 SETTINGS format_schema='/etc/passwd')
SELECT 1 SETTINGS format_template_row='/etc/passwd'
SELECT 1 FORMAT CSV SETTINGS format_template_row='/etc/passwd'
SELECT * FROM (SELECT 1 SETTINGS format_template_row='/etc/passwd')
SELECT 1 SETTINGS format_template_resultset='/etc/passwd'
SELECT 1 FORMAT CSV SETTINGS format_template_resultset='/etc/passwd'
SELECT * FROM (SELECT 1 SETTINGS format_template_resultset='/etc/passwd')
SELECT 1 SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1/'
SELECT 1 FORMAT CSV SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1/'
SELECT * FROM (SELECT 1 SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1/')
SELECT 1 SETTINGS readonly=0
SELECT 1 FORMAT CSV SETTINGS readonly=0
SELECT * FROM (SELECT 1 SETTINGS readonly=0)
SELECT 1 SETTINGS allow_ddl=1
SELECT 1 FORMAT CSV SETTINGS allow_ddl=1
SELECT * FROM (SELECT 1 SETTINGS allow_ddl=1)
SELECT 1 SETTINGS allow_introspection_functions=1
SELECT 1 FORMAT CSV SETTINGS allow_introspection_functions=1
SELECT * FROM (SELECT 1 SETTINGS allow_introspection_functions=1)
SELECT 1 SETTINGS additional_table_filters={'usage':'file(1)'}
SELECT 1 FORMAT CSV SETTINGS additional_table_filters={'usage':'file(1)'}
SELECT * FROM (SELECT 1 SETTINGS additional_table_filters={'usage':'file(1)'})
SELECT 1 SETTINGS additional_result_filter='file(1)'
SELECT 1 FORMAT CSV SETTINGS additional_result_filter='file(1)'
SELECT * FROM (SELECT 1 SETTINGS additional_result_filter='file(1)')
SELECT 1 SETTINGS log_comment='x'
SELECT 1 FORMAT CSV SETTINGS log_comment='x'
SELECT * FROM (SELECT 1 SETTINGS log_comment='x')
SELECT 1 SETTINGS max_memory_usage=0
SELECT 1 FORMAT CSV SETTINGS max_memory_usage=0
SELECT * FROM (SELECT 1 SETTINGS max_memory_usage=0)
SELECT 1 SETTINGS max_execution_time=0
SELECT 1 FORMAT CSV SETTINGS max_execution_time=0
SELECT * FROM (SELECT 1 SETTINGS max_execution_time=0)
SELECT 1 SETTINGS output_format_schema='/tmp/x'
SELECT 1 FORMAT CSV SETTINGS output_format_schema='/tmp/x'
SELECT * FROM (SELECT 1 SETTINGS output_format_schema='/tmp/x')
SELECT 1 SETTINGS s3_truncate_on_insert=1
SELECT 1 FORMAT CSV SETTINGS s3_truncate_on_insert=1
SELECT * FROM (SELECT 1 SETTINGS s3_truncate_on_insert=1)
SELECT 1 SETTINGS allow_experimental_analyzer=0
SELECT 1 FORMAT CSV SETTINGS allow_experimental_analyzer=0
SELECT * FROM (SELECT 1 SETTINGS allow_experimental_analyzer=0)
SELECT 1 SETTINGS enable_analyzer=0
SELECT 1 FORMAT CSV SETTINGS enable_analyzer=0
SELECT * FROM (SELECT 1 SETTINGS enable_analyzer=0)
SELECT 1 SETTINGS dialect='prql'
SELECT 1 FORMAT CSV SETTINGS dialect='prql'
SELECT * FROM (SELECT 1 SETTINGS dialect='prql')
SELECT 1 SETTINGS implicit_select=1
SELECT 1 FORMAT CSV SETTINGS implicit_select=1
SELECT * FROM (SELECT 1 SETTINGS implicit_select=1)
SELECT 1 SETTINGS workload='x'
SELECT 1 FORMAT CSV SETTINGS workload='x'
SELECT * FROM (SELECT 1 SETTINGS workload='x')
SELECT 1 SETTINGS profile='default'
SELECT 1 FORMAT CSV SETTINGS profile='default'
SELECT * FROM (SELECT 1 SETTINGS profile='default')
SELECT 1 SETTINGS send_logs_level='trace'
SELECT 1 FORMAT CSV SETTINGS send_logs_level='trace'
SELECT * FROM (SELECT 1 SETTINGS send_logs_level='trace')
SELECT 1 SETTINGS http_response_headers={'a':'b'}
SELECT 1 FORMAT CSV SETTINGS http_response_headers={'a':'b'}
SELECT * FROM (SELECT 1 SETTINGS http_response_headers={'a':'b'})
SELECT 1 SETTINGS max_untracked_memory=1
SELECT 1 FORMAT CSV SETTINGS max_untracked_memory=1
SELECT * FROM (SELECT 1 SETTINGS max_untracked_memory=1)
SELECT 1 SETTINGS query_plan_enable_optimizations=0
SELECT 1 FORMAT CSV SETTINGS query_plan_enable_optimizations=0
SELECT * FROM (SELECT 1 SETTINGS query_plan_enable_optimizations=0)
SELECT $$x$$
SELECT “x”
SELECT 'a
/* SELECT 1
SELECT 1 \ 2
-- nothing
SELECT @@version
VALUES (1)
FROM file('/etc/passwd')
EXPLAIN file('x')
EXPLAIN
EXPLAIN DROP TABLE usage
EXPLAIN INSERT INTO usage SELECT 1
EXPLAIN SYNTAX SELECT file('x')
EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:1','d','t','u','p') COLUMNS (a Int8)
SELECT view(SELECT 1)
SELECT {p:String}
WITH RECURSIVE t AS (SELECT file('x') AS a UNION ALL SELECT a FROM t) SELECT * FROM t
SELECT (SELECT file('x'))
SELECT CASE WHEN file('x')='' THEN 1 END
SELECT if(1, file('x'), '')
SELECT tuple(file('x')).1
SELECT [file('x')][1]
SELECT map('a', file('x'))['a']
SELECT file('x')::String
SELECT CAST(file('x') AS String)
SELECT * EXCEPT(a) APPLY(file) FROM (SELECT 1 AS a, 'x' AS b)
SELECT DISTINCT ON (file('x')) 1
SELECT 1 LIMIT length(file('x'))
SELECT 1 QUALIFY file('x')=''
SELECT 1 HAVING file('x')=''
SELECT count() FILTER (WHERE file('x')='')
SELECT 1 PREWHERE file('x')=''
SELECT arrayFold(acc, x -> file(x), ['x'], '')
SELECT mapApply((k,v) -> (k, file(v)), map('a','x'))
SELECT argMax(1, file('x'))
SELECT groupArray(file('x'))
SELECT file('x') AS a, a
SELECT a FROM (SELECT file('x') AS a)
SELECT 1 INTERSECT SELECT length(file('x'))
SELECT 1 EXCEPT SELECT length(file('x'))
SELECT * FROM usage ANY LEFT JOIN file('x','CSV') AS f USING (hour)
SELECT * FROM usage SAMPLE 1 WHERE file('x')=''
SELECT * FROM usage ARRAY JOIN [file('x')] AS z
SELECT arrayReduce('aggThrow', [1])
SELECT fuzzBits('x', 0.5)
SELECT generateSerialID('x')
