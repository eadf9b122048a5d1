INSERT INTO leases (source, partition, epoch, owner) SELECT {source:String}, {partition:Int32}, {epoch:UInt64}, {owner:String}
