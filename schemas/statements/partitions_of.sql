SELECT DISTINCT source, greatest(partition, toInt32(0)) FROM batches WHERE source IN {sources:Array(String)} ORDER BY 1, 2
