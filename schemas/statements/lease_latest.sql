SELECT max(epoch) AS latest, argMax(owner, epoch) AS latest_owner FROM leases WHERE source = ? AND partition = ?
