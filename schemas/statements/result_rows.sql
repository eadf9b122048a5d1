SELECT * FROM result
