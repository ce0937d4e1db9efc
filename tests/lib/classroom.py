"""A class as `ca/class` makes it, run by the configuration that `doorstep-conf` writes."""

import json
import os
import shutil
import signal
import subprocess
import tempfile

from broker import MOSQUITTO, PLUGIN, find, free_port, user, version
from journal import DEADLINE, ROOT, wait_for
from mosquitto import Mosquitto
from peer import BUILD, visit

DOMAIN = "class.example"
PROFILES = ("academy", "password", "nrfcloud", "aws", "azure")
_template = None


def template(seats=4):
    """The certificates of one class, made once for a program and removed at its end."""
    global _template
    if _template is None:
        import atexit
        _template = tempfile.mkdtemp(prefix="doorstep-class-")
        atexit.register(shutil.rmtree, _template, True)
        subprocess.run([os.path.join(ROOT, "ca", "class"), _template, "--domain", DOMAIN, "--seats", str(seats)],
                       check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, DOORSTEP_BUILD=BUILD))
    return _template


TAKEN = "Address already in use"


def port_row(n):
    """The first of n free ports in a row."""
    import random
    while True:
        base = random.randrange(20000, 32000)  # below those that clients get
        if all(_is_free(base + i) for i in range(n)):
            return base


def _is_free(port):
    import socket
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Classroom(Mosquitto):
    """with Classroom() as room: room.visit("openssl", "academy"), room.journal, room.set(...)"""

    def __init__(self, listeners=PROFILES, exercises=None, seats=None, extra=None, wrapper=(), local=()):
        super().__init__(tempfile.mkdtemp(prefix="doorstep-room-"))
        shutil.rmtree(self.dir)
        shutil.copytree(template(), self.dir)
        self.port = {}
        self.wrapper = list(wrapper)
        self.local = list(local)  # lines of mosquitto.d
        self.config = {"v": 1, "domain": DOMAIN, "listeners": [self._listener(l) for l in listeners]}
        if exercises is not None:
            self.config["exercises"] = exercises
        self.config.update(extra or {})
        with open(self.path("seats.json")) as f:
            self.roster = json.load(f)
        for label, fields in (seats or {}).items():
            self.seat(label).update(fields)

    def _listener(self, l):
        l = dict({"name": l, "profile": l} if isinstance(l, str) else l)
        l.setdefault("profile", l["name"])
        l.setdefault("port", free_port())
        l.setdefault("bind", "127.0.0.1")
        self.port[l["name"]] = l["port"]
        return l

    def listener(self, name):
        return next(l for l in self.config["listeners"] if l["name"] == name)

    def seat(self, label):
        return next(s for s in self.roster["seats"] if s["label"] == label)

    def write(self):
        """class.json and seats.json, by rename."""
        for name, value in (("class.json", self.config), ("seats.json", self.roster)):
            with open(self.path(name + ".new"), "w") as f:
                json.dump(value, f, indent=1)
            os.chmod(self.path(name + ".new"), 0o644)
            os.rename(self.path(name + ".new"), self.path(name))

    def ours(self, *names):
        """Gives files to the user that Mosquitto becomes."""
        owner = user()
        if owner:
            for at, directories, files in os.walk(self.path(*names)):
                for name in ["."] + files:
                    os.chown(os.path.join(at, name), owner.pw_uid, owner.pw_gid)

    def configure(self):
        os.makedirs(self.path("mosquitto.d"), exist_ok=True)
        os.makedirs(self.path("state"), exist_ok=True)
        if self.local:
            with open(self.path("mosquitto.d", "local.conf"), "w") as f:
                f.write("\n".join(self.local) + "\n")
        self.write()
        shutil.copy(PLUGIN, self.path("plugin.so.new"))
        os.rename(self.path("plugin.so.new"), self.path("plugin.so"))
        done = subprocess.run([os.path.join(BUILD, "bin", "doorstep-conf"), "mosquitto", "--plugin", self.path("plugin.so"),
                               "--broker", "%d.%d" % version()[:2], self.dir], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        with open(self.path("mosquitto.conf"), "wb") as f:
            f.write(done.stdout)
        os.chmod(self.dir, 0o755)
        self.ours()

    def start(self):
        for attempt in range(5):
            self.launch()
            if self.process.poll() is None and self.running() > self.before:
                return self
            if self.log().count(TAKEN) == self.taken:
                break
            for l in self.config["listeners"]:
                self.port[l["name"]] = l["port"] = free_port()
        raise RuntimeError("the broker did not start:\n" + self.dump())

    def launch(self):
        self.configure()
        self.before, self.taken = self.running(), self.log().count(TAKEN)
        with open(self.path("stderr"), "ab") as err:
            preload = os.environ.get("DOORSTEP_PRELOAD")
            self.process = subprocess.Popen(self.wrapper + [find(MOSQUITTO), "-c", self.path("mosquitto.conf")], stdout=err, stderr=err,
                                            env=dict(os.environ, LD_PRELOAD=preload) if preload else None)
        wait_for(lambda: self.running() > self.before or self.process.poll() is not None, 4 * DEADLINE)

    def reload(self, deadline=DEADLINE):
        """SIGHUP; what the plugin then said in Mosquitto's log about its policy."""
        def said():
            return [l for l in self.log().splitlines() if "is in force" in l or "the running policy stays" in l]
        before = len(said())
        for attempt in range(int(deadline / 2)):
            # Mosquitto forgets a SIGHUP that comes while it is still busy with the one before
            self.process.send_signal(signal.SIGHUP)
            if wait_for(lambda: len(said()) > before, 2):
                break
        return (said()[before:] or [""])[-1]

    def change(self, **fields):
        self.config.update(fields)
        self.write()
        return self.reload()

    def visit(self, stack, listener, **options):
        """A visit by a peer, and its journal line. sni defaults to the domain."""
        plain = listener in self.port and self.listener_is_plain(listener)
        before = len(self.journal.read())
        if plain:
            options.update(plain=True, sni=None)
        else:
            options.setdefault("sni", None if options.get("no_sni") else DOMAIN)
            options.setdefault("ca", self.path("certs", "server.pem"))
        saw = visit(stack, self.port.get(listener, listener), host="127.0.0.1", **options)
        return saw, self.line_of(saw, before, options.get("client_id") if plain else None)

    def line_of(self, saw, before=0, client_id=None):
        """The visit's line, after so many others. Without TLS a 2.0 knows no port: there it is the client id's."""
        at = {"mqtt__client_id": client_id} if client_id else {"peer": saw["port"]}

        def lines():
            return [line for line in self.journal.select(**at) if not any(line is old for old in self.journal.lines[:before])]
        wait_for(lines)
        return (lines() or [{}])[-1]

    def listener_is_plain(self, name):
        return any(l["name"] == name and l.get("tls") is False for l in self.config["listeners"])

    def cert(self, label):
        """Arguments with which a peer presents a seat's certificate."""
        return {"cert": self.path("certs", "seats", label + ".pem"), "key": self.path("keys", "seats", label + ".key")}

    def password(self, label):
        with open(self.path("exports", "private", label, "password.txt")) as f:
            return f.read().strip()
