INSERT INTO %[1]s (%[2]s, origin)
SELECT %[2]s, {origin:UInt64} FROM input(%[3]s)
WHERE throwIf((SELECT max(epoch) FROM leases WHERE source = {lease_source:String} AND partition = {lease_partition:Int32}) != {lease_epoch:UInt64}, 'lease taken') = 0
FORMAT ArrowStream
