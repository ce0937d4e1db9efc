"""Journal lines as a broker would write them, for tests of what reads them."""

import json

RUN = "5f0c1d2e3a4b5c6d"


def stamp(second, day=21):
    return "2026-11-%02dT%02d:%02d:%02d.%03dZ" % (day, second // 3600 % 24, second // 60 % 60, second % 60, 250)


def head(kind, seq, t=None, **more):
    line = {"v": 1, "kind": kind, "broker": "lab-broker", "run": RUN, "seq": seq, "t": t or stamp(3600 + seq)}
    line.update(more)
    return line


def visit_id(n):
    return "%s-%06x" % (RUN, n)


OFFER = {
    "bytes": 190, "versions": ["TLSv1.2"], "ciphers": ["C024", "C00A", "C023", "C009", "C02B"],
    "groups": ["P-256", "P-384"], "sigalgs": ["ecdsa_secp256r1_sha256"], "ticket": False,
}
OUR = {
    "subject": "CN=class.example", "issuer": "CN=class.example", "names": ["class.example", "*.class.example"],
    "not_before": "2026-01-01T00:00:00Z", "not_after": "2056-01-01T00:00:00Z", "key": "P-384", "ca": True, "bytes": 480,
}


def rejected(seq, reason="device-does-not-trust-us", seat="seat07", **more):
    line = head(
        "visit", seq, id=visit_id(seq), ms=312.4, listener="academy", port=8883, peer="10.0.0.7:51234",
        seat=seat, seat_from="sni", stage="server-flight", verdict="rejected", reason=reason, by="device",
        says="the device answered our certificate with alert 48 unknown_ca: it has no trust anchor for it",
        tls={
            "sni": seat + ".class.example", "offer": OFFER, "our_certificate": OUR, "chain_bytes": 497,
            "looks_like": {"what": "nRF91 modem", "why": "its suites and nothing else"},
            "alert": {"from": "device", "level": "fatal", "code": 48, "name": "unknown_ca"},
        },
        steps=[{"dir": "in", "msg": "ClientHello", "bytes": 190, "us": 120},
               {"dir": "out", "msg": "Certificate", "bytes": 497, "us": 840},
               {"dir": "in", "msg": "alert 48 unknown_ca", "us": 310200}])
    line.update(more)
    return line


def accepted(seq, seat="seat03", client_id="nrf-351358811111111", **more):
    line = head(
        "visit", seq, id=visit_id(seq), ms=640.0, listener="academy", port=8883, peer="10.0.0.3:40001",
        seat=seat, seat_from="sni", stage="session", verdict="accepted",
        says="let in as %s, MQTT 3.1.1, TLSv1.2" % client_id,
        tls={"sni": seat + ".class.example", "version": "TLSv1.2", "cipher": "ECDHE-ECDSA-AES128-GCM-SHA256",
             "group": "P-256", "offer": OFFER},
        mqtt={"client_id": client_id, "version": "3.1.1", "keepalive": 60, "connack": 0})
    line.update(more)
    return line


def text(*lines):
    return "".join((l if isinstance(l, str) else json.dumps(l, separators=(",", ":"))) + "\n" for l in lines)


class Desk:
    """A class directory without a broker, and doorstep-why run on it."""

    def __init__(self, *lines):
        import os
        import tempfile
        from peer import BUILD
        self.program = os.path.join(BUILD, "bin", "doorstep-why")
        self.dir = tempfile.mkdtemp(prefix="doorstep-why-")
        self.journal = os.path.join(self.dir, "journal.jsonl")
        if lines:
            self.add(*lines)

    def add(self, *lines):
        with open(self.journal, "a") as f:
            f.write(text(*lines))

    def put(self, name, content):
        import os
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(content if isinstance(content, str) else json.dumps(content))

    def run(self, *args, env=None, timeout=60, cwd=None):
        """(exit code, standard output, standard error)"""
        import os
        import subprocess
        done = subprocess.run([self.program, "--class", self.dir, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", **(env or {})), timeout=timeout, cwd=cwd or self.dir)
        return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")

    def start(self, *args):
        import os
        import subprocess
        return subprocess.Popen([self.program, "--class", self.dir, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"), cwd=self.dir)

    def terminal(self, *args, columns=100, env=None):
        """What a terminal of that width gets."""
        import fcntl
        import os
        import pty
        import struct
        import subprocess
        import termios
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = subprocess.Popen([self.program, "--class", self.dir, *args], stdin=slave, stdout=slave, stderr=slave,
                                   env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", TERM="xterm", **(env or {})))
        os.close(slave)
        out = b""
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            if not more:
                break
            out += more
        os.close(master)
        process.wait()
        return out.decode("utf-8", "backslashreplace").replace("\r\n", "\n")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        import shutil
        shutil.rmtree(self.dir, True)
