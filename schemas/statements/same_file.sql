SELECT source, max(key_id) AS under
FROM batches
WHERE source = {given:String} OR source = {kept:String} OR {fingerprint:String} != '' AND startsWith(source, 'file:') AND endsWith(source, {fingerprint:String})
GROUP BY source
ORDER BY source = {kept:String} DESC, source = {given:String} DESC, source
