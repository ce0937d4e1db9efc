"""Makes journal lines as a broker would write them, for tests of what reads a journal."""

import datetime
import hashlib
import json
import random

CIPHERS = ["C02B", "C02F", "C030", "C024", "C023", "C00A", "C009", "C014", "C027", "C013", "00FF"]
FLIGHT = [("in", "client_hello", 213, 1800), ("out", "server_hello", 93, 2400), ("out", "certificate", 471, 2450),
          ("out", "server_key_exchange", 196, 4100), ("out", "server_hello_done", 9, 4150)]
REST = [("in", "client_key_exchange", 102, 310000), ("in", "change_cipher_spec", 6, 310100), ("in", "finished", 45, 310400),
        ("out", "change_cipher_spec", 6, 310900), ("out", "finished", 45, 311000)]
# reason: (stage, by, alert from, code, name)
REJECTS = {
    "device-does-not-trust-us": ("server-flight", "device", ("device", 48, "unknown_ca")),
    "name-mismatch": ("server-flight", "device", ("device", 42, "bad_certificate")),
    "no-common-cipher": ("hello", "broker", ("broker", 40, "handshake_failure")),
    "client-cert-missing": ("client-cert", "broker", ("broker", 40, "handshake_failure")),
    "client-id-not-the-certificates": ("auth", "broker", None),
    "password-wrong": ("auth", "broker", None),
}


def stamp(seconds):
    t = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (t.microsecond // 1000)


class Generator:
    def __init__(self, seed=1, run="0123456789abcdef", broker="classroom", domain="class.example"):
        self.random = random.Random(seed)
        self.run, self.broker, self.domain = run, broker, domain
        self.seq = 0

    def common(self, kind, t):
        self.seq += 1
        return {"v": 1, "kind": kind, "broker": self.broker, "run": self.run, "seq": self.seq, "t": stamp(t)}

    def id(self):
        return "%s-%06d" % (self.run, self.seq)

    def where(self, line, seat, peer):
        line.update({"listener": "academy", "port": 8883, "peer": peer or "203.0.113.%d:%d" % (self.random.randrange(1, 250), self.random.randrange(1024, 60000))})
        if seat:
            line.update({"seat": seat, "seat_from": "sni"})

    def tls(self, seat):
        return {"sni": (seat + "." if seat else "") + self.domain,
                "offer": {"bytes": 213, "versions": ["TLSv1.2"], "ciphers": CIPHERS, "groups": ["secp384r1", "secp256r1"],
                          "sigalgs": ["ecdsa_secp384r1_sha384", "ecdsa_secp256r1_sha256"], "extensions": [0, 10, 11, 13]},
                "looks_like": {"what": "nRF91 modem", "why": "its cipher list"}, "chain_bytes": 471, "bytes_in": 213, "bytes_out": 769,
                "our_certificate": {"subject": "CN=" + self.domain, "sha256": hashlib.sha256(b"ours").hexdigest(), "key": "P-384",
                                    "not_after": "2056-11-21T00:00:00Z", "names": [self.domain, "*." + self.domain]}}

    def accepted(self, t, seat=None, client_id=None, peer=None, **more):
        line = self.common("visit", t)
        line.update({"id": self.id(), "ms": 412.5, "stage": "session", "verdict": "accepted", "says": "let in"})
        self.where(line, seat, peer)
        line["tls"] = dict(self.tls(seat), version="TLSv1.2", cipher="ECDHE-ECDSA-AES256-SHA384", group="secp384r1")
        line["steps"] = [{"dir": d, "msg": m, "bytes": b, "us": u} for d, m, b, u in FLIGHT + REST]
        line["steps"] += [{"dir": "in", "msg": "CONNECT", "bytes": 37, "us": 402000}, {"dir": "out", "msg": "CONNACK", "bytes": 4, "us": 412500}]
        line["mqtt"] = {"client_id": client_id or "nrf-35265610%07d" % self.random.randrange(10**7), "version": "3.1.1", "keepalive": 1200, "connack": 0}
        line.update(more)
        return line

    def rejected(self, t, reason="device-does-not-trust-us", seat=None, client_id=None, peer=None, **more):
        stage, by, alert = REJECTS.get(reason, ("hello", "device", None))
        line = self.common("visit", t)
        line.update({"id": self.id(), "ms": 311.0, "stage": stage, "verdict": "rejected", "reason": reason, "by": by,
                     "says": "the device answered our certificate with alert 48 unknown_ca: it has no trust anchor for it"})
        self.where(line, seat, peer)
        line["tls"] = self.tls(seat)
        steps = FLIGHT[:1] if stage == "hello" else FLIGHT + (REST if stage in ("auth", "connect") else [])
        line["steps"] = [{"dir": d, "msg": m, "bytes": b, "us": u} for d, m, b, u in steps]
        if alert:
            line["tls"]["alert"] = {"from": alert[0], "level": "fatal", "code": alert[1], "name": alert[2]}
            line["steps"].append({"dir": "in" if alert[0] == "device" else "out", "msg": "alert", "bytes": 7, "us": steps[-1][3] + 150000})
        if stage == "auth" or client_id:
            line["mqtt"] = {"client_id": client_id or "nrf-352656100000000", "version": "3.1.1", "connack": 5}
        line.update(more)
        return line

    def begin(self, t, seat=None, peer=None):
        line = self.common("begin", t)
        line.update({"id": self.id(), "stage": "hello", "ms": 1000.0})
        self.where(line, seat, peer)
        return line

    def follow(self, kind, t, visit, reason, **more):
        """A denial or an end of an accepted visit."""
        line = self.common(kind, t)
        line.update({k: visit[k] for k in ("id", "listener", "port", "peer", "seat", "mqtt") if k in visit})
        line.update({"reason": reason, "says": "it wanted what it may not have"})
        if kind == "end":
            line["by"] = "device"
        line.update(more)
        return line

    def flood(self, t, count, reason="not-tls", **more):
        line = self.common("flood", t)
        line.update({"reason": reason, "count": count, "first": stamp(t - 60), "last": stamp(t)})
        self.where(line, None, None)
        line.update(more)
        return line

    def lost(self, t, count):
        return dict(self.common("lost", t), count=count, since=stamp(t - 5), what="lines")

    def start(self, t, **more):
        return dict(self.common("start", t), doorstep="0.1.0", mosquitto="2.0.11", openssl="3.0.17", **more)


def text(line):
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"


def seats(n, domain="class.example"):
    return {"v": 1, "domain": domain, "tag": 24,
            "seats": [{"label": "seat%02d" % i, "host": "seat%02d.%s" % (i, domain), "role": "student"} for i in range(1, n + 1)]}
