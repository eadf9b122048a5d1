INSERT INTO %s (%s) FORMAT ArrowStream
