SELECT DISTINCT source
FROM batches
WHERE startsWith(source, {prefix:String}) AND partition = -3
