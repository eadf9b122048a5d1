INSERT INTO %s (%s) FORMAT Native
