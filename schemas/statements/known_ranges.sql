SELECT
    partition, first, next,
    any(b.beside_first), any(b.beside_next), anyIf(b.clock, b.state = 'intended'),
    any(b.token), if(max(b.state) = 'done', [], argMax(b.inserts, b.at)), max(b.epoch),
    max(b.state) = 'done', max(notEmpty(b.inserts)), countIf(b.records_in > 0 AND empty(b.inserts)) > 0
FROM batches AS b
WHERE source = ?
GROUP BY partition, first, next
ORDER BY partition, first
