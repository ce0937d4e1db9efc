"""Visits that no TLS stack would make: bytes on a socket, with a ClientHello where one is needed."""

import socket
import ssl
import struct


def client(sni=None, version=None, ciphers=None):
    """Python's own TLS, which believes everything: what comes for it, what it has to send, and itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    return inward, outward, context.wrap_bio(inward, outward, server_hostname=sni)


def client_hello(sni=None, version=None, ciphers=None):
    """What Python's own TLS sends first."""
    _, outward, tls = client(sni, version, ciphers)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outward.read()


def extension(number, body):
    return struct.pack(">HH", number, len(body)) + body


def listed(width, values):
    """A TLS vector of 16-bit values, its length in width bytes first."""
    body = b"".join(struct.pack(">H", v) for v in values)
    return len(body).to_bytes(width, "big") + body


def hello(version=0x0303, ciphers=(0xC02B, 0xC023), groups=(23, 24), sigalgs=(0x0403, 0x0503, 0x0401), sni=None, versions=None, shares=None,
          more=b"", session=b""):
    """A ClientHello made by hand, as one record. A list that is None is left out."""
    extensions = b""
    if sni is not None:
        name = sni if isinstance(sni, bytes) else sni.encode()
        extensions += extension(0, struct.pack(">HBH", len(name) + 3, 0, len(name)) + name)
    if groups is not None:
        extensions += extension(10, listed(2, groups)) + extension(11, b"\1\0")
    if sigalgs is not None:
        extensions += extension(13, listed(2, sigalgs))
    if versions is not None:
        extensions += extension(43, listed(1, versions))
    if shares is not None:
        body = b"".join(struct.pack(">HH", group, len(key)) + key for group, key in shares)
        extensions += extension(51, struct.pack(">H", len(body)) + body)
    extensions += more
    body = struct.pack(">H", version) + bytes(range(32)) + bytes([len(session)]) + session + listed(2, ciphers) + b"\1\0"
    if extensions:
        body += struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message) & 0xFFFF) + message


def records(handshake, size):
    """The one record of a handshake message as many of at most that many bytes."""
    message = handshake[5:]
    parts = [message[at:at + size] for at in range(0, len(message), size)]
    return b"".join(handshake[:3] + struct.pack(">H", len(part)) + part for part in parts)


def hello_v2(version, suites):
    """A ClientHello in the form of SSL 2.0; suites are three bytes each."""
    body = b"\1" + struct.pack(">HHHH", version, 3 * len(suites), 0, 16) + b"".join(s.to_bytes(3, "big") for s in suites) + bytes(range(16))
    return struct.pack(">H", 0x8000 | len(body)) + body


def alert(code, level=2):
    return bytes([0x15, 3, 3, 0, 2, level, code])


def fatal(code):
    return alert(code)


class Raw:
    """A connection that does what it is told; remembers the port it came from."""

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.heard = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass
        return self

    def flight(self):
        """Reads until the server's flight has ended: a ServerHelloDone (1.2), or silence."""
        self.socket.settimeout(2)
        return self.hear(b"\x0e\0\0\0")

    def hear(self, wanted):
        """Reads until these bytes have come."""
        try:
            while wanted not in self.heard:
                data = self.socket.recv(65536)
                if not data:
                    break
                self.heard += data
        except OSError:
            pass
        return self

    def handshake(self, sni, version, before=b""):
        """A whole one; before goes out ahead of the second flight. Returns what makes records of data."""
        inward, outward, tls = client(sni, version)
        ahead, done = [b"", before], False
        while not done:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            flight = outward.read()
            if flight:
                self.send((ahead.pop(0) if ahead else b"") + flight)
            if not done:
                data = self.socket.recv(65536)
                inward.write(data) if data else inward.write_eof()

        def record(data):
            tls.write(data)
            return outward.read()
        return record

    def until_closed(self, timeout=150):
        """Reads to the end. Returns what came."""
        self.socket.settimeout(timeout)
        try:
            while True:
                data = self.socket.recv(65536)
                if not data:
                    break
                self.heard += data
        except OSError:
            pass
        self.socket.close()
        return self

    def fin(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self.until_closed(20)

    def rst(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        return self
