INSERT INTO %[1]s (%[2]s)
SELECT %[2]s FROM input(%[3]s)
WHERE throwIf((SELECT max(epoch) FROM leases WHERE source = {lease_source:String} AND partition = {lease_partition:Int32}) != {lease_epoch:UInt64}, 'lease taken') = 0
FORMAT ArrowStream
