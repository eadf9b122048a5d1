SELECT toUInt64((SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND NOT active AND remove_time <= {before:DateTime})
    + greatest(1, (SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = {table:String} AND is_done)) - 1)
