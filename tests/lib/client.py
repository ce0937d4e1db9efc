"""An MQTT client over a TLS that we feed by hand: what it wants to send is taken out of it and can be cut and delayed at will."""

import random
import socket
import ssl
import struct

GUID = "dGhlIHNhbXBsZSBub25jZQ=="


def string(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


def packet(first, body):
    out, left = bytearray([first]), len(body)
    while True:
        out.append((left & 0x7F) | (0x80 if left > 0x7F else 0))
        left >>= 7
        if not left:
            return bytes(out) + body


def connect(client_id, keepalive=60, clean=True, will=None, user=None, password=None, level=4, will_delay=0):
    flags = (2 if clean else 0) | (4 if will else 0) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    # in MQTT 5 a session that stays, and a will that waits, stay and wait for a number of seconds
    stays = b"" if level < 5 else b"\0" if clean else b"\5\x11" + struct.pack(">I", 3600)
    waits = b"" if level < 5 else b"\5\x18" + struct.pack(">I", will_delay)
    body = string("MQTT") + bytes([level, flags]) + struct.pack(">H", keepalive) + stays + string(client_id)
    if will:
        body += waits + string(will[0]) + string(will[1])
    for value in (user, password):
        if value is not None:
            body += string(value)
    return packet(0x10, body)


def subscribe(topic, number=1):
    return packet(0x82, struct.pack(">H", number) + string(topic) + b"\0")


def publish(topic, payload=b"", retain=False):
    return packet(0x31 if retain else 0x30, string(topic) + payload)


DISCONNECT = b"\xe0\0"
PING = b"\xc0\0"


def context(tls=None, ca=None, cert=None, key=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    if ca:
        c.load_verify_locations(ca)
    if cert:
        c.load_cert_chain(cert, key)
    if tls:
        c.minimum_version = c.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[tls]
    return c


def frames(data, pieces=1):
    """Bytes as masked binary WebSocket frames, each as (header, body)."""
    out, step = [], max(1, -(-len(data) // pieces))
    for at in range(0, len(data), step):
        part = data[at:at + step]
        mask = bytes(random.randrange(256) for _ in range(4))
        first = 0x82
        head = bytes([first]) + (bytes([0x80 | len(part)]) if len(part) < 126 else
                                 bytes([0x80 | 126]) + struct.pack(">H", len(part)) if len(part) < 65536 else
                                 bytes([0x80 | 127]) + struct.pack(">Q", len(part))) + mask
        out.append((head, bytes(b ^ mask[i & 3] for i, b in enumerate(part)) if len(part) < 200 else xor(part, mask)))
    return out


def xor(data, mask):
    whole = (mask * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(whole, "big")).to_bytes(len(data), "big")


def upgrade(host):
    return ("GET /mqtt HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n" % (host, GUID)).encode()


class Tls:
    """TLS between memory and a socket; plain bytes in, records out."""

    def __init__(self, ctx, sni):
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = ctx.wrap_bio(self.inward, self.outward, server_hostname=sni)
        self.done = False

    def handshake(self):
        """Goes on with the handshake. True once it is done."""
        try:
            self.ssl.do_handshake()
            self.done = True
        except ssl.SSLWantReadError:
            pass
        return self.done

    def seal(self, *pieces):
        """Each piece becomes a record of its own (at least)."""
        for piece in pieces:
            self.ssl.write(piece)
        return self.outward.read()

    def open(self, data):
        """Plain bytes out of what came, b"" if there are none yet."""
        self.inward.write(data)
        out = b""
        try:
            while True:
                part = self.ssl.read(65536)
                if not part:
                    break
                out += part
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return out


class Client:
    """A simple blocking client, over TLS or not, MQTT or WebSockets."""

    def __init__(self, port, sni=None, ctx=None, websockets=False, timeout=20, source=None, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.tls = None
        self.websockets = websockets
        self.heard = b""
        if ctx:
            self.socket = ctx.wrap_socket(self.socket, server_hostname=sni)
        if websockets:
            self.socket.sendall(upgrade(sni or "broker"))
            while b"\r\n\r\n" not in self.heard:
                self._more()
            self.heard = self.heard.split(b"\r\n\r\n", 1)[1]

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the broker closed")
        self.heard += data

    def send(self, data):
        self.socket.sendall(b"".join(h + b for h, b in frames(data)) if self.websockets else data)
        return self

    def _take(self, count):
        while len(self.heard) < count:
            self._more()
        out, self.heard = self.heard[:count], self.heard[count:]
        return out

    def packet(self):
        """(first byte, body) of the next packet."""
        if self.websockets:
            head = self._take(2)
            size = head[1] & 0x7F
            if size == 126:
                size = struct.unpack(">H", self._take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self._take(8))[0]
            data = self._take(size)
            return data[0], data[2:]
        first = self._take(1)[0]
        size = shift = 0
        while True:
            byte = self._take(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        return first, self._take(size)

    def connect(self, client_id, **options):
        """The CONNACK code."""
        self.send(connect(client_id, **options))
        return self.packet()[1][1]

    def subscribe(self, topic):
        """The answer's code: 0, or 128 if it was refused."""
        self.send(subscribe(topic))
        return self.packet()[1][-1]

    def leave(self):
        try:
            self.send(DISCONNECT)
            self.socket.close()
        except OSError:
            pass

    def reset(self):
        plain = socket.socket(fileno=self.socket.detach())
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        plain.close()

    def drop(self):
        """FIN without a word."""
        plain = socket.socket(fileno=self.socket.detach())
        plain.close()

    def closed(self, timeout=20):
        """Waits until the broker closes. False if it does not."""
        self.socket.settimeout(timeout)
        try:
            while True:
                if not self.socket.recv(65536):
                    return True
        except socket.timeout:
            return False
        except OSError:
            return True
