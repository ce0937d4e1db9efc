"""Starts doorstep-web on a class directory of its own, asks it, follows its events."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from journal import DEADLINE, ROOT, SCHEMA, wait_for
import journal_gen

BUILD = os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build"))
PROGRAM = os.path.join(BUILD, "bin", "doorstep-web")
_validator = None


def check(line):
    """Every generated line is one that a broker may write."""
    global _validator
    if _validator is None:
        import jsonschema
        with open(SCHEMA) as f:
            _validator = jsonschema.Draft7Validator(json.load(f))
    _validator.validate(line)
    return line


class Class:
    """A class directory: seats, a certificate and its key, a journal."""

    def __init__(self, seats=4, domain="class.example", page=None, certificate=True):
        self.path = tempfile.mkdtemp(prefix="doorstep-web-")
        self.journal = os.path.join(self.path, "journal.jsonl")
        self.domain = domain
        for d in ("certs", "keys", "exports/public", "exports/private", "state"):
            os.makedirs(os.path.join(self.path, d))
        os.chmod(os.path.join(self.path, "keys"), 0o700)
        self.write("seats.json", journal_gen.seats(seats, domain))
        self.configure(page)
        if certificate:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-days", "3650",
                            "-keyout", self.file("keys/server.key"), "-out", self.file("certs/server.pem"), "-subj", "/CN=" + domain,
                            "-addext", "subjectAltName=DNS:%s,DNS:*.%s" % (domain, domain)], check=True, stderr=subprocess.DEVNULL)

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, value):
        tmp = self.file(name + ".new")
        with open(tmp, "w") as f:
            f.write(value if isinstance(value, str) else json.dumps(value))
        os.rename(tmp, self.file(name))

    def configure(self, page=None):
        self.write("class.json", {"v": 1, "domain": self.domain, "listeners": [{"name": "academy", "port": 8883, "profile": "academy"}], "page": page or {}})

    def put(self, *lines, journal=None):
        with open(journal or self.journal, "a") as f:
            f.write("".join(journal_gen.text(check(line)) for line in lines))

    def write_lines(self, lines):
        """Many, of a kind that was checked before."""
        with open(self.journal, "a") as f:
            f.write("".join(map(journal_gen.text, lines)))

    def remove(self):
        shutil.rmtree(self.path, True)


class Page:
    """A running doorstep-web."""

    def __init__(self, cls, *options, port=0, expect=True):
        self.cls = cls
        self.log = tempfile.TemporaryFile()
        # under AddressSanitizer memory() means the same; and what the page forbids itself, looking for leaks needs
        env = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8:detect_leaks=0")
        self.process = subprocess.Popen([PROGRAM, "--class", cls.path, "--port", str(port), *options], stdout=subprocess.PIPE, stderr=self.log, env=env)
        self.url = self.process.stdout.readline().decode().strip()
        if expect and not self.url:
            raise AssertionError("doorstep-web did not start: " + self.stderr())
        if self.url:
            self.port = int(self.url.rstrip("/").rsplit(":", 1)[1])

    def stderr(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def ask(self, path, headers=None, method="GET"):
        """(status, headers, body)"""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            c.putrequest(method, path, skip_host=bool(headers and "Host" in headers))
            for k, v in (headers or {}).items():
                c.putheader(k, v)
            c.endheaders()
            r = c.getresponse()
            return r.status, r.headers, r.read()
        finally:
            c.close()

    def json(self, path, headers=None):
        status, _, body = self.ask(path, headers)
        if status != 200:
            raise AssertionError("%s: %d %r" % (path, status, body[:200]))
        return json.loads(body)

    def rows(self, query="", headers=None):
        return self.json("/api/visits?" + query, headers)["rows"]

    def wait_rows(self, n, query="limit=1000"):
        wait_for(lambda: len(self.rows(query)) >= n)
        return self.rows(query)

    def memory(self):
        """Resident, in MB."""
        with open("/proc/%d/status" % self.process.pid) as f:
            return next(int(l.split()[1]) for l in f if l.startswith("VmRSS")) / 1024

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=DEADLINE)
        self.process.stdout.close()
        return code


class Events(threading.Thread):
    """Follows /events and keeps what comes: (id, event, data)."""

    def __init__(self, page, last=None, headers=None):
        super().__init__(daemon=True)
        self.events, self.ended, self.error = [], False, None
        self.connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=DEADLINE)
        headers = dict(headers or {})
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", "/events", headers=headers)
        self.socket = self.connection.sock  # the connection lets go of it: an answer without an end owns it
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.start()

    def run(self):
        event, data, ident = "message", "", None
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    data += value
                elif name == "id":
                    ident = value
                elif not line and data:
                    self.events.append((ident, event, json.loads(data)))
                    event, data = "message", ""
        except Exception as e:
            self.error = e
        self.ended = True

    def of(self, event):
        return [d for _, e, d in self.events if e == event]

    def rows(self):
        return [d["row"] for d in self.of("line") if "row" in d]

    def wait(self, n, event="line"):
        wait_for(lambda: len(self.of(event)) >= n)
        return self.of(event)

    def last_id(self):
        return next((i for i, _, _ in reversed(self.events) if i), None)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the page was faster
        self.join(DEADLINE)
        self.response.close()
        self.connection.close()
