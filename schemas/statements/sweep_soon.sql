ALTER TABLE %[1]s %[2]s MODIFY SETTING old_parts_lifetime = 0, finished_mutations_to_keep = 1
