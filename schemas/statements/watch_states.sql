SELECT series, until, state
FROM watch_states FINAL
WHERE country = {country:String} AND step = {step:String} AND simulated = {simulated:UInt8}
ORDER BY series
