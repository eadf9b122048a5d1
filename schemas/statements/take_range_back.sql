DELETE FROM batches
WHERE source = {source:String} AND partition = {partition:Int32} AND first = {first:Int64} AND next = {next:Int64} AND state = 'intended'
