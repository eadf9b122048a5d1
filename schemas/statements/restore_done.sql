ALTER TABLE migrations %s DELETE WHERE number = ? SETTINGS mutations_sync = 2
