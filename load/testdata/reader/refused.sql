SELECT file('/etc/hostname')
SELECT * APPLY(file) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(file, ['/etc/hostname'])
SELECT arrayMap(x -> `file`(x), ['/etc/hostname'])
SELECT hostName('/etc/hostname')
SELECT * APPLY(hostName) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(hostName, ['/etc/hostname'])
SELECT arrayMap(x -> `hostName`(x), ['/etc/hostname'])
SELECT FQDN('/etc/hostname')
SELECT * APPLY(FQDN) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(FQDN, ['/etc/hostname'])
SELECT arrayMap(x -> `FQDN`(x), ['/etc/hostname'])
SELECT getSetting('/etc/hostname')
SELECT * APPLY(getSetting) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getSetting, ['/etc/hostname'])
SELECT arrayMap(x -> `getSetting`(x), ['/etc/hostname'])
SELECT getServerSetting('/etc/hostname')
SELECT * APPLY(getServerSetting) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getServerSetting, ['/etc/hostname'])
SELECT arrayMap(x -> `getServerSetting`(x), ['/etc/hostname'])
SELECT getMacro('/etc/hostname')
SELECT * APPLY(getMacro) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getMacro, ['/etc/hostname'])
SELECT arrayMap(x -> `getMacro`(x), ['/etc/hostname'])
SELECT sleep('/etc/hostname')
SELECT * APPLY(sleep) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(sleep, ['/etc/hostname'])
SELECT arrayMap(x -> `sleep`(x), ['/etc/hostname'])
SELECT sleepEachRow('/etc/hostname')
SELECT * APPLY(sleepEachRow) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(sleepEachRow, ['/etc/hostname'])
SELECT arrayMap(x -> `sleepEachRow`(x), ['/etc/hostname'])
SELECT serverUUID('/etc/hostname')
SELECT * APPLY(serverUUID) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(serverUUID, ['/etc/hostname'])
SELECT arrayMap(x -> `serverUUID`(x), ['/etc/hostname'])
SELECT catboostEvaluate('/etc/hostname')
SELECT * APPLY(catboostEvaluate) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(catboostEvaluate, ['/etc/hostname'])
SELECT arrayMap(x -> `catboostEvaluate`(x), ['/etc/hostname'])
SELECT dictGet('/etc/hostname')
SELECT * APPLY(dictGet) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(dictGet, ['/etc/hostname'])
SELECT arrayMap(x -> `dictGet`(x), ['/etc/hostname'])
SELECT tcpPort('/etc/hostname')
SELECT * APPLY(tcpPort) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(tcpPort, ['/etc/hostname'])
SELECT arrayMap(x -> `tcpPort`(x), ['/etc/hostname'])
SELECT getServerPort('/etc/hostname')
SELECT * APPLY(getServerPort) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getServerPort, ['/etc/hostname'])
SELECT arrayMap(x -> `getServerPort`(x), ['/etc/hostname'])
SELECT currentUser('/etc/hostname')
SELECT * APPLY(currentUser) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(currentUser, ['/etc/hostname'])
SELECT arrayMap(x -> `currentUser`(x), ['/etc/hostname'])
SELECT getOSKernelVersion('/etc/hostname')
SELECT * APPLY(getOSKernelVersion) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getOSKernelVersion, ['/etc/hostname'])
SELECT arrayMap(x -> `getOSKernelVersion`(x), ['/etc/hostname'])
SELECT filesystemAvailable('/etc/hostname')
SELECT * APPLY(filesystemAvailable) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(filesystemAvailable, ['/etc/hostname'])
SELECT arrayMap(x -> `filesystemAvailable`(x), ['/etc/hostname'])
SELECT filesystemCapacity('/etc/hostname')
SELECT * APPLY(filesystemCapacity) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(filesystemCapacity, ['/etc/hostname'])
SELECT arrayMap(x -> `filesystemCapacity`(x), ['/etc/hostname'])
SELECT formatRow('/etc/hostname')
SELECT * APPLY(formatRow) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(formatRow, ['/etc/hostname'])
SELECT arrayMap(x -> `formatRow`(x), ['/etc/hostname'])
SELECT formatRowNoNewline('/etc/hostname')
SELECT * APPLY(formatRowNoNewline) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(formatRowNoNewline, ['/etc/hostname'])
SELECT arrayMap(x -> `formatRowNoNewline`(x), ['/etc/hostname'])
SELECT showCertificate('/etc/hostname')
SELECT * APPLY(showCertificate) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(showCertificate, ['/etc/hostname'])
SELECT arrayMap(x -> `showCertificate`(x), ['/etc/hostname'])
SELECT getClientHTTPHeader('/etc/hostname')
SELECT * APPLY(getClientHTTPHeader) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getClientHTTPHeader, ['/etc/hostname'])
SELECT arrayMap(x -> `getClientHTTPHeader`(x), ['/etc/hostname'])
SELECT structureToProtobufSchema('/etc/hostname')
SELECT * APPLY(structureToProtobufSchema) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(structureToProtobufSchema, ['/etc/hostname'])
SELECT arrayMap(x -> `structureToProtobufSchema`(x), ['/etc/hostname'])
SELECT structureToCapnProtoSchema('/etc/hostname')
SELECT * APPLY(structureToCapnProtoSchema) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(structureToCapnProtoSchema, ['/etc/hostname'])
SELECT arrayMap(x -> `structureToCapnProtoSchema`(x), ['/etc/hostname'])
SELECT joinGet('/etc/hostname')
SELECT * APPLY(joinGet) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(joinGet, ['/etc/hostname'])
SELECT arrayMap(x -> `joinGet`(x), ['/etc/hostname'])
SELECT queryID('/etc/hostname')
SELECT * APPLY(queryID) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(queryID, ['/etc/hostname'])
SELECT arrayMap(x -> `queryID`(x), ['/etc/hostname'])
SELECT buildId('/etc/hostname')
SELECT * APPLY(buildId) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(buildId, ['/etc/hostname'])
SELECT arrayMap(x -> `buildId`(x), ['/etc/hostname'])
SELECT uptime('/etc/hostname')
SELECT * APPLY(uptime) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(uptime, ['/etc/hostname'])
SELECT arrayMap(x -> `uptime`(x), ['/etc/hostname'])
SELECT AIGenerate('/etc/hostname')
SELECT * APPLY(AIGenerate) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(AIGenerate, ['/etc/hostname'])
SELECT arrayMap(x -> `AIGenerate`(x), ['/etc/hostname'])
SELECT throwIf('/etc/hostname')
SELECT * APPLY(throwIf) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(throwIf, ['/etc/hostname'])
SELECT arrayMap(x -> `throwIf`(x), ['/etc/hostname'])
SELECT demangle('/etc/hostname')
SELECT * APPLY(demangle) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(demangle, ['/etc/hostname'])
SELECT arrayMap(x -> `demangle`(x), ['/etc/hostname'])
SELECT addressToSymbol('/etc/hostname')
SELECT * APPLY(addressToSymbol) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(addressToSymbol, ['/etc/hostname'])
SELECT arrayMap(x -> `addressToSymbol`(x), ['/etc/hostname'])
SELECT getSettingOrDefault('/etc/hostname')
SELECT * APPLY(getSettingOrDefault) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getSettingOrDefault, ['/etc/hostname'])
SELECT arrayMap(x -> `getSettingOrDefault`(x), ['/etc/hostname'])
SELECT getMergeTreeSetting('/etc/hostname')
SELECT * APPLY(getMergeTreeSetting) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(getMergeTreeSetting, ['/etc/hostname'])
SELECT arrayMap(x -> `getMergeTreeSetting`(x), ['/etc/hostname'])
SELECT globalVariable('/etc/hostname')
SELECT * APPLY(globalVariable) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(globalVariable, ['/etc/hostname'])
SELECT arrayMap(x -> `globalVariable`(x), ['/etc/hostname'])
SELECT zookeeperSessionUptime('/etc/hostname')
SELECT * APPLY(zookeeperSessionUptime) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(zookeeperSessionUptime, ['/etc/hostname'])
SELECT arrayMap(x -> `zookeeperSessionUptime`(x), ['/etc/hostname'])
SELECT runningConcurrency('/etc/hostname')
SELECT * APPLY(runningConcurrency) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(runningConcurrency, ['/etc/hostname'])
SELECT arrayMap(x -> `runningConcurrency`(x), ['/etc/hostname'])
SELECT encrypt('/etc/hostname')
SELECT * APPLY(encrypt) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(encrypt, ['/etc/hostname'])
SELECT arrayMap(x -> `encrypt`(x), ['/etc/hostname'])
SELECT decrypt('/etc/hostname')
SELECT * APPLY(decrypt) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(decrypt, ['/etc/hostname'])
SELECT arrayMap(x -> `decrypt`(x), ['/etc/hostname'])
SELECT currentProfiles('/etc/hostname')
SELECT * APPLY(currentProfiles) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(currentProfiles, ['/etc/hostname'])
SELECT arrayMap(x -> `currentProfiles`(x), ['/etc/hostname'])
SELECT enabledRoles('/etc/hostname')
SELECT * APPLY(enabledRoles) FROM (SELECT '/etc/hostname' AS p)
SELECT arrayMap(enabledRoles, ['/etc/hostname'])
SELECT arrayMap(x -> `enabledRoles`(x), ['/etc/hostname'])
SELECT COLUMNS('p') APPLY(file) FROM (SELECT '/etc/hostname' AS p)
SELECT COLUMNS('p') APPLY(x -> file(x)) FROM (SELECT '/etc/hostname' AS p)
SELECT * REPLACE(file(p) AS p) FROM (SELECT '/etc/hostname' AS p)
SELECT p.* APPLY file FROM (SELECT '/etc/hostname' AS p) AS p
WITH x -> file(x) AS f SELECT f('/etc/hostname')
WITH file('/etc/hostname') AS f SELECT f
SELECT 1 WHERE 'a' IN (SELECT file('/etc/hostname'))
SELECT 1 LIMIT length(file('/etc/hostname'))
SELECT 1 ORDER BY file('/etc/hostname')
SELECT sum(1) OVER (ORDER BY file('/etc/hostname'))
SELECT 1 GROUP BY 1 HAVING file('/etc/hostname') != ''
SELECT /* file */ FiLe /* x */ ('/etc/hostname')
SELECT "file"('/etc/hostname')
SELECT FILE('/etc/hostname')
SELECT arrayFold(file, ['a'], 'b')
SELECT if(1, file('/etc/hostname'), '')
SELECT (SELECT (SELECT file('/etc/hostname')))
SELECT 1 UNION ALL SELECT file('/etc/hostname')
SELECT 1 INTERSECT SELECT length(file('/etc/hostname'))
SELECT file('/etc/hostname') FORMAT Null
SELECT file('/etc/hostname') FORMAT TSVRaw SETTINGS max_threads=1
SELECT file('/etc/hostname') AS `x, function_name: sum`
SELECT * FROM file('/etc/hostname', LineAsString)
SELECT * FROM url('http://127.0.0.1:1/', LineAsString)
SELECT * FROM s3('http://127.0.0.1:1/a.csv')
SELECT * FROM remote('127.0.0.1:1', system.one)
SELECT * FROM remoteSecure('127.0.0.1:1', system.one)
SELECT * FROM mysql('127.0.0.1:1','a','b','c','d')
SELECT * FROM postgresql('127.0.0.1:1','a','b','c','d')
SELECT * FROM sqlite('/tmp/x.db','t')
SELECT * FROM hdfs('hdfs://127.0.0.1:1/x','CSV','a Int8')
SELECT * FROM executable('x','CSV','a Int8')
SELECT * FROM jdbc('x','y','z')
SELECT * FROM odbc('x','y','z')
SELECT * FROM mongodb('127.0.0.1:1','a','b','c','d','x Int8')
SELECT * FROM redis('127.0.0.1:1','k','k Int8')
SELECT * FROM cluster('default', system.one)
SELECT * FROM clusterAllReplicas('default', system.one)
SELECT * FROM merge('system','.*')
SELECT * FROM dictionary('x')
SELECT * FROM view(SELECT 1)
SELECT * FROM input('a Int8')
SELECT * FROM generateRandom('a Int8')
SELECT * FROM fuzzQuery('SELECT 1')
SELECT * FROM iceberg('http://127.0.0.1:1/')
SELECT * FROM deltaLake('http://127.0.0.1:1/')
SELECT * FROM azureBlobStorage('x','y','z')
SELECT * FROM gcs('http://127.0.0.1:1/')
SELECT * FROM loop(system.processes)
SELECT * FROM mergeTreeIndex('system','x')
SELECT * FROM system.processes
SELECT 1 WHERE 1 IN system.processes
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.processes)
SELECT * FROM system.query_log
SELECT 1 WHERE 1 IN system.query_log
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.query_log)
SELECT * FROM system.named_collections
SELECT 1 WHERE 1 IN system.named_collections
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.named_collections)
SELECT * FROM system.users
SELECT 1 WHERE 1 IN system.users
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.users)
SELECT * FROM system.settings
SELECT 1 WHERE 1 IN system.settings
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.settings)
SELECT * FROM system.databases
SELECT 1 WHERE 1 IN system.databases
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.databases)
SELECT * FROM system.tables
SELECT 1 WHERE 1 IN system.tables
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.tables)
SELECT * FROM system.functions
SELECT 1 WHERE 1 IN system.functions
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.functions)
SELECT * FROM information_schema.tables
SELECT 1 WHERE 1 IN information_schema.tables
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM information_schema.tables)
SELECT * FROM INFORMATION_SCHEMA.tables
SELECT 1 WHERE 1 IN INFORMATION_SCHEMA.tables
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM INFORMATION_SCHEMA.tables)
SELECT * FROM `system`.`processes`
SELECT 1 WHERE 1 IN `system`.`processes`
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM `system`.`processes`)
SELECT * FROM "system".processes
SELECT 1 WHERE 1 IN "system".processes
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM "system".processes)
SELECT * FROM default.x
SELECT 1 WHERE 1 IN default.x
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM default.x)
SELECT * FROM system.server_settings
SELECT 1 WHERE 1 IN system.server_settings
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.server_settings)
SELECT * FROM system.grants
SELECT 1 WHERE 1 IN system.grants
SELECT * FROM usage WHERE 1 IN (SELECT 1 FROM system.grants)
SELECT 1 SETTINGS format_template_row='/etc/hostname'
SELECT * FROM (SELECT 1 SETTINGS format_template_row='/etc/hostname')
SELECT 1 FORMAT CSV SETTINGS format_template_row='/etc/hostname'
SELECT 1 SETTINGS max_threads=1, format_template_row='/etc/hostname'
SELECT 1 SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1'
SELECT * FROM (SELECT 1 SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1')
SELECT 1 FORMAT CSV SETTINGS format_avro_schema_registry_url='http://127.0.0.1:1'
SELECT 1 SETTINGS max_threads=1, format_avro_schema_registry_url='http://127.0.0.1:1'
SELECT 1 SETTINGS format_schema='/tmp/x:y'
SELECT * FROM (SELECT 1 SETTINGS format_schema='/tmp/x:y')
SELECT 1 FORMAT CSV SETTINGS format_schema='/tmp/x:y'
SELECT 1 SETTINGS max_threads=1, format_schema='/tmp/x:y'
SELECT 1 SETTINGS additional_table_filters={'usage':'1'}
SELECT * FROM (SELECT 1 SETTINGS additional_table_filters={'usage':'1'})
SELECT 1 FORMAT CSV SETTINGS additional_table_filters={'usage':'1'}
SELECT 1 SETTINGS max_threads=1, additional_table_filters={'usage':'1'}
SELECT 1 SETTINGS max_execution_time=0
SELECT * FROM (SELECT 1 SETTINGS max_execution_time=0)
SELECT 1 FORMAT CSV SETTINGS max_execution_time=0
SELECT 1 SETTINGS max_threads=1, max_execution_time=0
SELECT 1 SETTINGS readonly=0
SELECT * FROM (SELECT 1 SETTINGS readonly=0)
SELECT 1 FORMAT CSV SETTINGS readonly=0
SELECT 1 SETTINGS max_threads=1, readonly=0
SELECT 1 SETTINGS max_memory_usage=0
SELECT * FROM (SELECT 1 SETTINGS max_memory_usage=0)
SELECT 1 FORMAT CSV SETTINGS max_memory_usage=0
SELECT 1 SETTINGS max_threads=1, max_memory_usage=0
SELECT 1 SETTINGS allow_introspection_functions=1
SELECT * FROM (SELECT 1 SETTINGS allow_introspection_functions=1)
SELECT 1 FORMAT CSV SETTINGS allow_introspection_functions=1
SELECT 1 SETTINGS max_threads=1, allow_introspection_functions=1
SELECT 1 SETTINGS log_comment='x'
SELECT * FROM (SELECT 1 SETTINGS log_comment='x')
SELECT 1 FORMAT CSV SETTINGS log_comment='x'
SELECT 1 SETTINGS max_threads=1, log_comment='x'
SELECT 1 SETTINGS default_format='Template'
SELECT * FROM (SELECT 1 SETTINGS default_format='Template')
SELECT 1 FORMAT CSV SETTINGS default_format='Template'
SELECT 1 SETTINGS max_threads=1, default_format='Template'
SELECT 1 SETTINGS output_format_schema='/tmp/x'
SELECT * FROM (SELECT 1 SETTINGS output_format_schema='/tmp/x')
SELECT 1 FORMAT CSV SETTINGS output_format_schema='/tmp/x'
SELECT 1 SETTINGS max_threads=1, output_format_schema='/tmp/x'
SELECT 1 SETTINGS param_x='file'
SELECT * FROM (SELECT 1 SETTINGS param_x='file')
SELECT 1 FORMAT CSV SETTINGS param_x='file'
SELECT 1 SETTINGS max_threads=1, param_x='file'
SELECT 1 SETTINGS `format_schema`='x'
SELECT * FROM (SELECT 1 SETTINGS `format_schema`='x')
SELECT 1 FORMAT CSV SETTINGS `format_schema`='x'
SELECT 1 SETTINGS max_threads=1, `format_schema`='x'
SELECT 1 FORMAT Template
SELECT 1 FORMAT AvroConfluent
SELECT 1 FORMAT Avro
SELECT 1 FORMAT Protobuf
SELECT 1 FORMAT CapnProto
SELECT 1 FORMAT CustomSeparated
SELECT 1 FORMAT TemplateIgnoreSpaces
SELECT 1 FORMAT MySQLWire
SELECT 1 FORMAT SQLInsert
SELECT 1 FORMAT Hash
INSERT INTO series SELECT * FROM series
DROP TABLE series
CREATE TABLE x (a Int8) ENGINE=Memory
CREATE FUNCTION f AS x -> x
SYSTEM FLUSH LOGS
KILL QUERY WHERE 1
SET readonly=0
SELECT 1; DROP TABLE series
SELECT 1 INTO OUTFILE '/tmp/x'
EXPLAIN SELECT file('/etc/hostname')
EXPLAIN PLAN SELECT file('/etc/hostname')
DESCRIBE file('/etc/hostname')
DESCRIBE (SELECT file('/etc/hostname'))
SHOW PROCESSLIST
SHOW GRANTS
SHOW SETTINGS LIKE '%'
SHOW CREATE TABLE usage
USE system
GRANT ALL ON *.* TO reader
ATTACH TABLE x
BACKUP TABLE usage TO File('x')
ALTER TABLE usage DELETE WHERE 1
OPTIMIZE TABLE usage
TRUNCATE TABLE usage
EXCHANGE TABLES usage AND flows
SHOW TABLES FROM system
DESCRIBE system.processes
graph = 1 SELECT 1
run_passes = 1 SELECT 1
