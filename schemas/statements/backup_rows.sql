SELECT %[2]s FROM %[1]s WHERE _partition_id = {part:String} FORMAT Native
