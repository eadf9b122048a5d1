ALTER TABLE %s %s MODIFY TTL %s + toIntervalDay(%d)
