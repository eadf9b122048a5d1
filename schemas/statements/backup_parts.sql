SELECT DISTINCT toString(_partition_id) AS part FROM %s ORDER BY part
