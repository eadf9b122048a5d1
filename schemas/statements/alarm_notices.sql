SELECT alarm, about, subscription, state, owner, toUnixTimestamp64Nano(at) AS at
FROM alarm_notices
WHERE has({alarms:Array(String)}, alarm)
ORDER BY at, owner
