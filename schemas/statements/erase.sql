ALTER TABLE %[1]s %[2]s DELETE WHERE %[3]s SETTINGS mutations_sync = 2
