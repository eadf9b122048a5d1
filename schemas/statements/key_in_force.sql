SELECT argMax(key_id, at) FROM pseudonym_keys
