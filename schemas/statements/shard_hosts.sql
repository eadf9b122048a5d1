SELECT host_name, replica_num FROM system.clusters WHERE cluster = ? ORDER BY shard_num, replica_num
