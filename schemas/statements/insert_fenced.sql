INSERT INTO %[1]s (%[2]s, origin, mark)
SELECT %[2]s, {origin:UInt64}, if(marked = 1, sipHash64({mark:String}), 0) FROM input(%[3]s)
WHERE throwIf((SELECT max(epoch) FROM leases WHERE source = {lease_source:String} AND partition = {lease_partition:Int32}) != {lease_epoch:UInt64}, 'lease taken') = 0
FORMAT ArrowStream
