SELECT DISTINCT _partition_id FROM %[1]s WHERE _partition_id IN ? AND has(arrivedMap.mark, sipHash64(?))
