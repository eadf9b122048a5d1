"""Flows of a pcap and their labels. Labels are true by construction: the port a program was started on says the tool."""
import csv
import ipaddress
import struct

COLUMNS = ["capture", "proto", "src_ip", "src_port", "dst_ip", "dst_port", "tool", "category", "trusted"]
EXTENSIONS = {0, 43, 60}  # hop-by-hop, routing, destination options: RFC 8200, section 4
FIN, RST = 1, 4


def frames(data):
    """Frames of a little-endian Ethernet pcap, the only kind that relay.py writes."""
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def endpoints(frame):
    """(proto, source, port, destination, port, whether a byte of payload follows, whether it ends a TCP connection) of a frame, or None where it has no flow of its own.

    None: ARP, neighbour discovery, multicast, and fragments after the first, which carry no port.
    """
    ethertype, packet = frame[12:14], frame[14:]
    if ethertype == b"\x08\x00":
        if struct.unpack_from(">H", packet, 6)[0] & 0x1FFF:
            return None
        proto, source, destination = packet[9], packet[12:16], packet[16:20]
        payload = packet[(packet[0] & 15) * 4:struct.unpack_from(">H", packet, 2)[0]]  # Ethernet pads short ones
    elif ethertype == b"\x86\xdd":
        proto, source, destination = packet[6], packet[8:24], packet[24:40]
        payload = packet[40:40 + struct.unpack_from(">H", packet, 4)[0]]
        while proto in EXTENSIONS:
            proto, payload = payload[0], payload[8 + payload[1] * 8:]
        if proto == 44:  # fragment header
            if struct.unpack_from(">H", payload, 2)[0] >> 3:
                return None
            proto, payload = payload[0], payload[8:]
        if proto == 58 and payload[0] in range(130, 144):
            return None
    else:
        return None
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if destination.is_multicast:
        return None
    if proto in (6, 17):
        ports = struct.unpack_from(">HH", payload)
        header = (payload[12] >> 4) * 4 if proto == 6 else 8
        return ("tcp" if proto == 6 else "udp", source, ports[0], destination, ports[1], len(payload) > header, proto == 6 and bool(payload[13] & (FIN | RST)))
    return ("other", source, 0, destination, 0, True, False)


def label(capture, data, server, tools):
    """Rows of COLUMNS, one a flow, in order of appearance, the client first.

    server is the server's address; tools maps (proto, server port) to (tool, category), port 0 for what has none.
    A flow without a byte of payload, such as a SYN that is not answered, shows no tool whatever its port: it is not trusted.
    Nor is a connection of which the capture has only the end.
    """
    server, rows, over = ipaddress.ip_address(server), {}, set()
    for frame in frames(data):
        found = endpoints(frame)
        if not found:
            continue
        proto, source, source_port, destination, destination_port, speaks, ends = found
        if source == server:
            source, source_port, destination, destination_port = destination, destination_port, source, source_port
        # An error message of ICMP belongs to no tool, whatever it quotes.
        is_icmp = proto == "other" and frame[23 if frame[12:14] == b"\x08\x00" else 20] in (1, 58)
        tool, category = ("none", "none") if is_icmp else tools.get((proto, destination_port), ("none", "none"))
        key = (proto, str(source), source_port, str(destination), destination_port)
        if ends and key not in rows:
            over.add(key)
        if key not in rows or tool != "none":
            trusted = int(tool == "none" or key not in over and (speaks or key in rows and rows[key][8] == 1))
            rows[key] = [capture, *key, tool, category, trusted]
    return list(rows.values())


def write_labels(path, rows):
    with open(path, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows(rows)
