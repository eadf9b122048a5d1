ALTER TABLE %[1]s %[2]s RESET SETTING old_parts_lifetime, finished_mutations_to_keep
