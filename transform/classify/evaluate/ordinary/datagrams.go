package ordinary

import (
	"bytes"
	"encoding/binary"
)

// talk sends n datagrams each way.
func talk(port uint16, n int, make func(w *writer) (up, down func(i int) []byte)) func(*writer) {
	return func(w *writer) {
		c := w.udp(port)
		up, down := make(w)
		for i := range n {
			if up != nil {
				c.up(up(i))
			}
			if down != nil {
				c.down(down(i))
			}
		}
	}
}

func le16(v int) []byte    { return binary.LittleEndian.AppendUint16(nil, uint16(v)) }
func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// secureRTP sends SRTP (RFC 3711): the payload is encrypted, a tag of 10 bytes follows.
func secureRTP(port uint16, sizes ...int) func(*writer) {
	return talk(port, 40, func(w *writer) (up, down func(int) []byte) {
		ssrc, seq := w.random(8), w.IntN(60000)
		way := func(id []byte) func(int) []byte {
			return func(i int) []byte {
				return cat(0x80, 0x60, uint16(seq+i), uint32(960*i), id, w.random(sizes[i%len(sizes)]-12))
			}
		}
		return way(ssrc[:4]), way(ssrc[4:])
	})
}

// shortFrames sends RTP of 20 bytes of silence, of an extension, and of events (RFC 4733).
func shortFrames(first int, fill byte, n int) func(*writer) {
	return talk(18000, 40, func(w *writer) (up, down func(int) []byte) {
		ssrc := w.random(8)
		way := func(id []byte) func(int) []byte {
			return func(i int) []byte {
				b := cat(first, 0, uint16(i), uint32(160*i), id)
				if first == 0x90 {
					b = append(b, cat("\xbe\xde\x00\x01\x10\xff\x00\x00")...)
				}
				return append(b, bytes.Repeat([]byte{fill}, n)...)
			}
		}
		return way(ssrc[:4]), way(ssrc[4:])
	})
}

// rtcp sends reports (RFC 3550 section 6.4).
var rtcp = talk(18001, 12, func(w *writer) (up, down func(int) []byte) {
	ssrc := w.random(4)
	report := func(i int) []byte { return cat("\x80\xc8\x00\x06", ssrc, w.random(20)) }
	return report, report
})

// iax sends a call of IAX2 (RFC 5456): full frames with time stamps, mini frames of mu-law.
var iax = talk(4569, 40, func(w *writer) (up, down func(int) []byte) {
	way := func(mine, theirs int) func(int) []byte {
		return func(i int) []byte {
			if i%6 == 0 {
				return cat(uint16(0x8000|mine), uint16(theirs), uint32(20*i), i/6, i/6, "\x02\x04", bytes.Repeat([]byte{0xff}, 160))
			}
			return cat(uint16(mine), uint16(20*i), bytes.Repeat([]byte{0xff}, 160))
		}
	}
	return way(5, 9), way(9, 5)
})

// annexB sends H.264 by its start codes (ITU-T H.264, annex B), without RTP.
var annexB = talk(5004, 60, func(w *writer) (up, down func(int) []byte) {
	return func(i int) []byte {
		if i%3 == 0 {
			return cat("\x00\x00\x00\x01\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb", w.random(20))
		}
		return cat("\x00\x00\x00\x01\x41\x9a\x24\x6c\x41\x0f", w.random(900))
	}, nil
})

// parameterSets sends H.264's parameter sets again and again, as a paused camera does.
var parameterSets = talk(5004, 40, func(w *writer) (up, down func(int) []byte) {
	return func(i int) []byte {
		return cat("\x00\x00\x00\x01\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb", w.random(64))
	}, nil
})

// srt sends a stream by SRT's data packets (draft-sharabayko-srt section 3.1).
var srt = talk(9710, 60, func(w *writer) (up, down func(int) []byte) {
	socket, seq := w.random(8), w.IntN(1<<30)
	return func(i int) []byte {
			return cat(uint32(seq+i), uint32(0xc0000000+i+1), uint32(9000*i), socket[:4], "\x47\x1f\xff\x10", bytes.Repeat([]byte{0xff}, 184), w.random(1128))
		}, func(i int) []byte {
			return cat("\x80\x02\x00\x00", uint32(i+1), uint32(9000*i), socket[4:], uint32(seq+i), w.random(12))
		}
})

// rtpTS sends a transport stream in RTP (RFC 2250).
var rtpTS = talk(5006, 60, func(w *writer) (up, down func(int) []byte) {
	ssrc := w.random(4)
	return func(i int) []byte {
		b := cat(0x80, 33, uint16(i), uint32(i*3600), ssrc)
		for range 7 {
			b = append(b, cat(0x47, 0x1f, 0xff, 0x10, bytes.Repeat([]byte{0xff}, 184))...)
		}
		return b
	}, nil
})

// erased sends an image of flash by numbered blocks of one's own, most of them erased.
func erased(header int) func(*writer) {
	return talk(6969, 40, func(w *writer) (up, down func(int) []byte) {
		id := w.random(header)
		return func(i int) []byte { return cat(id, bytes.Repeat([]byte{0xff}, 16)) }, func(i int) []byte { return cat(id, w.random(40)) }
	})
}

// wake sends magic packets (AMD, Magic Packet Technology).
func wake(w *writer) {
	c := w.udpTo("255.255.255.255:9")
	for range 4 {
		c.up(cat("\xff\xff\xff\xff\xff\xff", bytes.Repeat(w.random(6), 16)))
	}
}

// ones begins with bytes ff and two of zero, and more ff.
var ones = talk(6000, 20, func(w *writer) (up, down func(int) []byte) {
	b := func(i int) []byte { return cat("\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00", w.random(120)) }
	return b, b
})

// utp sends a file by uTP (BEP 29): the sender's data packets, and states back.
func utp(both bool) func(*writer) {
	return talk(6881, 40, func(w *writer) (up, down func(int) []byte) {
		id := w.IntN(60000)
		up = func(i int) []byte {
			return cat("\x01\x00", uint16(id), uint32(700*i+9), uint32(1200+w.IntN(9)), "\x00\x0f\xff\x00", uint16(i+1), uint16(7), w.random(1380))
		}
		if both {
			down = func(i int) []byte {
				return cat("\x21\x00", uint16(id-1), uint32(700*i+40), uint32(900), "\x00\x0f\xff\x00", uint16(7), uint16(i+1))
			}
		}
		return up, down
	})
}

// dht asks BitTorrent's table (BEP 5), with arguments not first.
var dht = talk(6881, 10, func(w *writer) (up, down func(int) []byte) {
	return func(i int) []byte {
			return cat("d1:ad2:id20:", w.random(20), "9:info_hash20:", w.random(20), "e1:q9:get_peers1:t2:", w.random(2), "1:y1:qe")
		}, func(i int) []byte {
			return cat("d1:rd2:id20:", w.random(20), "5:nodes208:", w.random(208), "e1:t2:", w.random(2), "1:y1:re")
		}
})

// kcp sends by KCP (skywind3000/kcp, protocol): a conversation id, little endian.
var kcp = talk(29900, 40, func(w *writer) (up, down func(int) []byte) {
	conv := w.random(4)
	b := func(i int) []byte {
		return cat(conv, 81, 0, le16(128), le32(uint32(10*i)), le32(uint32(i)), le32(uint32(i)), le32(64), w.random(64))
	}
	return b, b
})

// enet sends by ENet (enet.bespin.org, protocol.h).
var enet = talk(7777, 40, func(w *writer) (up, down func(int) []byte) {
	b := func(i int) []byte {
		return cat(uint16(0x8000), uint16(33*i), 0x86, 0, uint16(i), uint16(60), w.random(60))
	}
	return b, b
})

// rakNet pings and sends frames (RakNet, Minecraft of Bedrock edition).
var rakNet = talk(19132, 30, func(w *writer) (up, down func(int) []byte) {
	const magic = "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"
	guid := w.random(8)
	return func(i int) []byte {
			if i < 3 {
				return cat(1, uint64(1000*i), magic, guid)
			}
			return cat(0x84, le32(uint32(i))[:3], 0x60, uint16(8*80), le32(uint32(i))[:3], le32(uint32(i))[:3], 0, w.random(80))
		}, func(i int) []byte {
			if i < 3 {
				return cat(0x1c, uint64(1000*i), guid, magic, uint16(30), "MCPE;Server;527;1.19.1;0;10;12")
			}
			return cat(0xc0, 0, 1, 1, le32(uint32(i))[:3])
		}
})

// netchan sends by the channel of Quake's heirs: two numbers, little endian.
var netchan = talk(27005, 40, func(w *writer) (up, down func(int) []byte) {
	b := func(i int) []byte { return cat(le32(uint32(i+1)), le32(uint32(i)), w.random(40+w.IntN(90))) }
	return b, b
})

// photon sends by a game service's header: peer, flags, time and a challenge that stays.
var photon = talk(5055, 40, func(w *writer) (up, down func(int) []byte) {
	challenge := w.random(4)
	b := func(i int) []byte {
		return cat(uint16(3), 0, 1, uint32(100*i), challenge, 6, 0, 1, 0, uint32(60), uint32(i), w.random(48))
	}
	return b, b
})

// snmp3 polls with privacy (RFC 3414, RFC 3826): salt and ciphertext, always of one length.
var snmp3 = talk(161, 24, func(w *writer) (up, down func(int) []byte) {
	engine := w.random(9)
	b := func(i int) []byte {
		body := cat("\x02\x01\x03\x30\x10\x02\x04", w.random(4), "\x02\x03\x00\xff\xe3\x04\x01\x07\x02\x01\x03\x04\x30\x30\x2e\x04\x09", engine, "\x02\x01\x05\x02\x02\x10", i, "\x04\x04user\x04\x0c", w.random(12), "\x04\x08", w.random(8), "\x04\x20", w.random(32))
		return cat(0x30, len(body), body)
	}
	return b, b
})

// snmp2 polls the same objects.
var snmp2 = talk(161, 24, func(w *writer) (up, down func(int) []byte) {
	b := func(kind int) func(int) []byte {
		return func(i int) []byte {
			pdu := cat("\x02\x04", uint32(0x1000+i), "\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x05\x00")
			body := cat("\x02\x01\x01\x04\x06public", kind, len(pdu), pdu)
			return cat(0x30, len(body), body)
		}
	}
	return b(0xa0), b(0xa2)
})

// numbered sends lines of text that begin with a number (telemetry of one's own).
var numbered = talk(5140, 30, func(w *writer) (up, down func(int) []byte) {
	return func(i int) []byte {
		return []byte("0000" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + " temp=21.5;rh=40;state=running")
	}, nil
})

// netflow exports (RFC 3954 and RFC 7011), sflow samples (sflow.org, version 5).
var (
	netflow = talk(2055, 20, func(w *writer) (up, down func(int) []byte) {
		return func(i int) []byte {
			return cat("\x00\x09\x00\x14", uint32(1000*i), uint32(1_700_000_000+i), uint32(i), uint32(3), w.random(400))
		}, nil
	})
	ipfix = talk(4739, 20, func(w *writer) (up, down func(int) []byte) {
		return func(i int) []byte {
			return cat("\x00\x0a\x01\x90", uint32(1_700_000_000+i), uint32(20*i), uint32(3), w.random(384))
		}, nil
	})
	sflow = talk(6343, 20, func(w *writer) (up, down func(int) []byte) {
		return func(i int) []byte {
			return cat(uint32(5), uint32(1), "\xc0\x00\x02\x01", uint32(0), uint32(i), uint32(1000*i), uint32(1), w.random(160))
		}, nil
	})
)

// bfd sends control packets (RFC 5880).
var bfd = talk(3784, 30, func(w *writer) (up, down func(int) []byte) {
	ids := w.random(8)
	return func(int) []byte {
			return cat("\x20\xc0\x03\x18", ids[:4], ids[4:], "\x00\x0f\x42\x40\x00\x0f\x42\x40\x00\x00\x00\x00")
		}, func(int) []byte {
			return cat("\x20\xc0\x03\x18", ids[4:], ids[:4], "\x00\x0f\x42\x40\x00\x0f\x42\x40\x00\x00\x00\x00")
		}
})

// gtp carries a subscriber's packets (3GPP TS 29.281), with sequence numbers.
var gtp = talk(2152, 30, func(w *writer) (up, down func(int) []byte) {
	ids := w.random(8)
	way := func(id []byte) func(int) []byte {
		return func(i int) []byte { return cat("\x32\xff", uint16(84), id, uint16(i), 0, 0, w.random(80)) }
	}
	return way(ids[:4]), way(ids[4:])
})

// l2tpv3 carries frames over UDP (RFC 3931 section 4.1.2).
var l2tpv3 = talk(1701, 20, func(w *writer) (up, down func(int) []byte) {
	id := w.random(4)
	b := func(i int) []byte {
		return cat("\x00\x03\x00\x00", id, uint32(0x40000000+i), w.random(12), "\x08\x00\x45\x00", w.random(60))
	}
	return b, b
})

// vxlan carries frames between hosts (RFC 7348), geneve too (RFC 8926).
func overlay(port uint16, head string) func(*writer) {
	return talk(port, 20, func(w *writer) (up, down func(int) []byte) {
		macs := w.random(12)
		inner := cat("\x45\x00", uint16(60), "\x00\x01\x00\x00\x40\x11\x00\x00\xc0\x00\x02\x01\xc0\x00\x02\x02", "\x9c\x40\x00\x50", uint16(40), uint16(0))
		b := func(int) []byte { return cat(head, macs, "\x08\x00", inner, w.random(32)) }
		return b, b
	})
}

// directIPv6 carries IPv6 over UDP without a header (FOU, draft-ietf-nvo3-gue): router
// advertisements of link-local addresses among it.
var directIPv6 = talk(6080, 12, func(w *writer) (up, down func(int) []byte) {
	host := w.random(8)
	b := func(int) []byte {
		return cat("\x60\x00\x00\x00", uint16(16), "\x3a\xff\xfe\x80\x00\x00\x00\x00\x00\x00", host, "\xff\x02", make([]byte, 13), 2, "\x85\x00", w.random(14))
	}
	return b, b
})

// rpc calls by ONC RPC (RFC 5531), as NFS does over UDP.
var rpc = talk(2049, 20, func(w *writer) (up, down func(int) []byte) {
	xid := w.Uint32()
	return func(i int) []byte {
			return cat(xid+uint32(i), uint32(0), uint32(2), uint32(100003), uint32(3), uint32(1), uint32(0), uint32(0), uint32(0), uint32(0), uint32(32), w.random(32))
		}, func(i int) []byte {
			return cat(xid+uint32(i), uint32(1), uint32(0), uint32(0), uint32(0), uint32(0), w.random(88+4*w.IntN(20)))
		}
})

// tickets asks for Kerberos tickets over UDP (RFC 4120).
var tickets = talk(88, 4, func(w *writer) (up, down func(int) []byte) {
	ask := func(tag, n int) func(int) []byte {
		return func(int) []byte {
			return cat(tag, 0x82, uint16(n-4), "\x30\x82", uint16(n-8), "\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa3\x82", uint16(n-30), w.random(n-22))
		}
	}
	return ask(0x6a, 260), ask(0x6b, 900)
})

// coap reads resources (RFC 7252).
var coap = talk(5683, 20, func(w *writer) (up, down func(int) []byte) {
	return func(i int) []byte { return cat(0x44, 1, uint16(i), w.random(4), "\xbbtemperature") }, func(i int) []byte {
		return cat(0x64, 0x45, uint16(i), w.random(4), "\xff22.3 C")
	}
})

// knx reads by KNXnet/IP (ISO 22510), modbus over UDP, EtherNet/IP's cyclic data (ODVA).
var (
	knx = talk(3671, 20, func(w *writer) (up, down func(int) []byte) {
		b := func(i int) []byte {
			return cat("\x06\x10\x04\x20\x00\x15\x04\x01", i, 0, "\x11\x00\xbc\xe0\x00\x00\x08\x01\x01\x00\x81")
		}
		return b, b
	})
	modbusUDP = talk(502, 20, func(w *writer) (up, down func(int) []byte) {
		return func(i int) []byte { return cat(uint16(i), "\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a") }, func(i int) []byte {
			return cat(uint16(i), "\x00\x00\x00\x17\x01\x03\x14", w.random(20))
		}
	})
	cyclic = talk(2222, 40, func(w *writer) (up, down func(int) []byte) {
		ids := w.random(8)
		way := func(id []byte) func(int) []byte {
			return func(i int) []byte {
				return cat("\x02\x00\x02\x80\x08\x00", id, le32(uint32(i)), "\xb1\x00\x22\x00", le16(i), w.random(32))
			}
		}
		return way(ids[:4]), way(ids[4:])
	})
)

// lora forwards frames of sensors (Semtech, packet forwarder, PROTOCOL.TXT).
var lora = talk(1700, 20, func(w *writer) (up, down func(int) []byte) {
	eui := w.random(8)
	return func(i int) []byte {
			return cat(2, w.random(2), 0, eui, `{"rxpk":[{"tmst":351266,"chan":2,"rfch":0,"freq":866.349812,"data":"VEVTVF9QQUNLRVRfMTIzNA=="}]}`)
		}, func(i int) []byte {
			return cat(2, w.random(2), 1)
		}
})

// discovery asks by SSDP (UPnP device architecture 1.1), again and again.
func ssdp(w *writer) {
	c := w.udpTo("239.255.255.250:1900")
	b := []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: upnp:rootdevice\r\nUSER-AGENT: x/1.0 UPnP/1.1\r\n\r\n")
	c.up(b, b, b, b)
	for len(b)%64 != 4 {
		b = append(b, ' ')
	}
	c.up(b, b)
}

// names asks by NetBIOS (RFC 1002), answered by nobody.
func netbios(w *writer) {
	c := w.udpTo("198.18.5.255:137").from(137)
	for range 6 {
		c.up(cat(w.random(2), "\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20FHFAEBEECACACACACACACACACACACAAA\x00\x00\x20\x00\x01"))
	}
}

// lookups asks for hashes below one domain on one socket, as scanners of files and mail
// do: hexadecimal in short labels.
func lookups(first string, kindOf byte) func(*writer) {
	return talk(53, 16, func(w *writer) (up, down func(int) []byte) {
		const hex = "0123456789abcdef"
		return func(i int) []byte {
			b := cat(w.random(2), "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", len(first), first)
			for range 24 {
				b = append(b, cat(1, string(hex[w.IntN(16)]))...)
			}
			return cat(b, 5, "avqs1", 7, "example", 3, "com", 0, 0, int(kindOf), 0, 1)
		}, nil
	})
}

// oneProbe sends the same short datagram of a protocol's beginning and gets another back.
func answered(port uint16, up, down func(w *writer) []byte) func(*writer) {
	return func(w *writer) {
		c := w.udp(port)
		for range 3 {
			c.up(up(w))
			c.down(down(w))
		}
	}
}

func headed(head string, size int) func(*writer) []byte {
	return func(w *writer) []byte { return cat(head, w.random(size-len(head))) }
}

// sealed sends DTLS 1.2 records of a session that was resumed by its id, as devices do
// (RFC 6347, RFC 7925), with the suites that they offer.
func resumedDTLS(port uint16, suites ...uint16) func(*writer) {
	return func(w *writer) {
		c := w.udp(port)
		var list []byte
		for _, s := range suites {
			list = be16(list, s)
		}
		session := w.random(32)
		body := func(cookie []byte) []byte {
			return cat("\xfe\xfd", w.random(32), 32, session, len(cookie), cookie, vec16(list), "\x01\x00", vec16(cat("\x00\x0d", vec16(cat(vec16([]byte("\x04\x03")))), "\x00\x17\x00\x00")))
		}
		hello := func(seq int, cookie []byte) []byte {
			b := body(cookie)
			return cat(22, "\xfe\xfd\x00\x00", make([]byte, 5), seq, vec16(cat(1, 0, uint16(len(b)), uint16(seq), "\x00\x00\x00", 0, uint16(len(b)), b)))
		}
		c.up(hello(0, nil))
		cookie := w.random(20)
		verify := cat("\xfe\xff", 20, cookie)
		c.down(cat(22, "\xfe\xff\x00\x00", make([]byte, 6), vec16(cat(3, 0, uint16(len(verify)), "\x00\x00\x00\x00\x00\x00", uint16(len(verify)), verify))))
		c.up(hello(1, cookie))
		for i := range 10 {
			c.up(cat(23, "\xfe\xfd\x00\x01\x00\x00\x00\x00", uint16(i+1), vec16(w.random(60))))
			c.down(cat(23, "\xfe\xfd\x00\x01\x00\x00\x00\x00", uint16(i+1), vec16(w.random(70))))
		}
	}
}

// withHTTPS are devices that ask by HTTPS and, on a port of its own, resume a session of DTLS.
func withHTTPS() []kind {
	both := func(dtls func(*writer)) func(*writer) {
		return func(w *writer) {
			browsed(w, 443, hello{sni: "api.example.org", ciphers: openSSLSuites}, 4)
			w.flows-- // the same client
			dtls(w)
		}
	}
	return []kind{
		{"dtls, resumed, two suites, and https", both(resumedDTLS(4433, 0xc02b, 0xc02f))},
		{"dtls, resumed, psk with gcm, and https", both(resumedDTLS(20220, 0x00a8))},
		{"dtls, resumed, rsa, and https", both(resumedDTLS(8883, 0x009c, 0x002f))},
	}
}

// oldResumed is [oldDTLS] with a session to resume and the suites of that OpenSSL.
func oldResumed(w *writer) {
	c := w.udp(4433)
	suites := "\x00\x39\x00\x38\x00\x35\x00\x16\x00\x13\x00\x0a\x00\x33\x00\x32\x00\x2f\x00\x07\x00\x05\x00\x04"
	body := cat("\x01\x00", w.random(32), 32, w.random(32), 0, vec16([]byte(suites)), "\x01\x00")
	message := cat(1, 0, vec16(body), "\x00\x00\x00\x00\x00\x00", vec16(body))
	c.up(cat(22, "\x01\x00\x00\x00", make([]byte, 6), vec16(message)))
	for i := range 8 {
		c.up(cat(23, "\x01\x00\x00\x01\x00\x00\x00\x00", uint16(i+1), vec16(w.random(64))))
		c.down(cat(23, "\x01\x00\x00\x01\x00\x00\x00\x00", uint16(i+1), vec16(w.random(64))))
	}
}

// ahOf sends packets of AH (RFC 4302) that protect a protocol, to a server.
func ahOf(next int, server string) func(*writer) {
	return func(w *writer) {
		c := w.open(51, addrPort(server))
		for i := range 10 {
			c.packet(true, cat(next, 4, "\x00\x00", uint32(0x100), uint32(i+1), w.random(12), "\x02\x01\x00\x2c", w.random(40)))
			if server[0] != '2' || server[1] != '2' {
				c.packet(false, cat(next, 4, "\x00\x00", uint32(0x101), uint32(i+1), w.random(12), "\x02\x01\x00\x2c", w.random(40)))
			}
		}
	}
}

// raw sends packets of an IP protocol.
func raw(protocol byte, server string, b func(w *writer, i int) []byte) func(*writer) {
	return func(w *writer) {
		c := w.open(protocol, addrPort(server))
		for i := range 10 {
			c.packet(true, b(w, i))
			c.packet(false, b(w, i))
		}
	}
}

func datagrams() []kind {
	return append(forms(), []kind{
		{"srtp", secureRTP(20002, 182, 172)}, {"srtp of lengths 0 mod 16", secureRTP(20002, 176, 192)}, {"srtp of lengths 0 mod 16 on 51820", secureRTP(51820, 176, 192)},
		{"srtp on 4500", secureRTP(4500, 172, 184)}, {"srtp of lengths 4 mod 16", secureRTP(20002, 100, 116, 132, 148, 164)},
		{"rtp of 20 bytes of silence", shortFrames(0x80, 0xff, 20)}, {"rtp of 16 bytes of silence and an extension", shortFrames(0x90, 0xff, 16)}, {"rtp of 24 bytes of silence", shortFrames(0x80, 0xff, 24)},
		{"rtp of 240 bytes of silence", shortFrames(0x80, 0xff, 240)}, {"rtcp", rtcp}, {"iax2", iax}, {"h.264 by start codes", annexB}, {"h.264's parameter sets", parameterSets},
		{"srt", srt}, {"mpeg-ts in rtp", rtpTS}, {"erased blocks of 16 behind an id of 16", erased(16)}, {"wake on lan", wake}, {"bytes ff first", ones},
		{"utp, one way", utp(false)}, {"utp", utp(true)}, {"dht", dht}, {"kcp", kcp}, {"enet", enet}, {"raknet", rakNet}, {"netchan", netchan}, {"photon", photon},
		{"snmp, version 3", snmp3}, {"snmp, version 2", snmp2}, {"lines with numbers", numbered}, {"netflow", netflow}, {"ipfix", ipfix}, {"sflow", sflow}, {"bfd", bfd}, {"gtp", gtp}, {"l2tp, version 3", l2tpv3},
		{"vxlan", overlay(4789, "\x08\x00\x00\x00\x00\x12\x34\x00")}, {"geneve", overlay(6081, "\x00\x00\x65\x58\x00\x12\x34\x00")},
		{"ipv6 in udp", directIPv6}, {"nfs", rpc}, {"kerberos over udp", tickets}, {"coap", coap}, {"knx", knx}, {"modbus over udp", modbusUDP}, {"ethernet-ip", cyclic}, {"lora", lora},
		{"ssdp", ssdp}, {"netbios", netbios}, {"lookups of hashes", lookups("a-0", 1)}, {"lookups of hashes by text", lookups("0", 16)},
		{"type 1 of 148, answered by type 2 of 92", answered(9600, headed("\x01\x00\x00\x00", 148), headed("\x02\x00\x00\x00", 92))},
		{"type 1 of 148, answered by another", answered(9600, headed("\x01\x00\x00\x00", 148), headed("\x05\x00\x00\x00", 60))},
		{"14 bytes, answered by 26", answered(9600, headed("\x38", 14), headed("\x40", 26))},
		{"54 bytes, answered by 66", answered(9600, headed("\x38", 54), headed("\x40", 66))},
		{"dtls, resumed, psk with gcm", resumedDTLS(5684, 0x00a8)}, {"dtls, resumed, psk with gcm, own port", resumedDTLS(7301, 0x00a8, 0x00ae)},
		{"dtls, resumed, two suites", resumedDTLS(7301, 0xc02b, 0xc0ac)}, {"dtls, resumed, ccm8", resumedDTLS(5684, 0xc0a8)},
		{"dtls of openssl before 0.9.8f, resumed", oldResumed},
		{"vrrp with ah", ahOf(112, "224.0.0.18")}, {"ospf with ah, unicast", ahOf(89, "198.18.5.20")}, {"pim with ah", ahOf(103, "198.18.5.20")},
		{"gre", raw(47, "198.18.5.20", func(w *writer, i int) []byte { return cat("\x00\x00\x08\x00\x45\x00", w.random(60)) })},
		{"gre with a key and numbers", raw(47, "198.18.5.20", func(w *writer, i int) []byte { return cat("\x30\x00\x65\x58", uint32(7), uint32(i), w.random(60)) })},
		{"erspan", raw(47, "198.18.5.20", func(w *writer, i int) []byte { return cat("\x10\x00\x88\xbe", uint32(i), w.random(60)) })},
		{"vrrp", raw(112, "198.18.5.20", func(w *writer, i int) []byte {
			return cat("\x21\x01\x64\x01\x01\x01\x00\x00\xc0\x00\x02\x01", make([]byte, 8))
		})},
		{"sctp", raw(132, "198.18.5.20", func(w *writer, i int) []byte {
			return cat("\x0b\x59\x0b\x59", uint32(7), uint32(0), "\x00\x03\x00\x20", w.random(28))
		})},
		{"blocks of 16 behind a number of 4", blocks(4, 16)}, {"blocks of 8 behind a number of 4", blocks(4, 8)}, {"blocks of 16 behind a number of 2 and more", blocks(8, 16)},
	}...)
}
