ALTER TABLE %s %s MODIFY TTL %s + toIntervalDay(%d) SETTINGS mutations_sync = 2
