"""Starts a real Mosquitto, with the plugin or without, in a temporary class directory."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

import certs
from journal import DEADLINE, wait_for
from mosquitto import Mosquitto
from peer import BUILD

PLUGIN = os.environ.get("DOORSTEP_PLUGIN", os.path.join(BUILD, "lib", "mosquitto_doorstep.so"))
MOSQUITTO = os.environ.get("DOORSTEP_MOSQUITTO", "mosquitto")
_matrix = None


def find(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")


def version(program=MOSQUITTO):
    """(2, 0, 11)"""
    out = subprocess.run([find(program), "-h"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
    return tuple(int(n) for n in out.split("version", 1)[1].split()[0].split("."))


def matrix():
    """The certificates of certs.matrix(), made once for a program and removed at its end."""
    global _matrix
    if _matrix is None:
        import atexit
        directory = tempfile.mkdtemp(prefix="doorstep-certs-", dir=open_place())
        atexit.register(shutil.rmtree, directory, True)
        os.chmod(directory, 0o755)
        _matrix = certs.matrix(directory)
    return _matrix


def open_place():
    """Where temporary files may lie: the broker's user must be able to get there."""
    place = os.path.realpath(tempfile.gettempdir())
    at = place
    while os.stat(at).st_mode & 0o001:
        if at == "/":
            return place
        at = os.path.dirname(at)
    return "/tmp"


GIVEN = set()


def free_port():
    """One that is free, and that this process was not given before: the kernel may offer the same twice."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in GIVEN:
            GIVEN.add(port)
            return port


def user():
    """Whom Mosquitto becomes when it is started as root; None if we are not root."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("mosquitto")
    except KeyError:
        return pwd.getpwnam("nobody")


def listener(name, cert="server", mutual=False, crl=False, tls=True, protocol="mqtt", profile="open", lines=(), ca="server", plugin=True, options=None):
    return {"options": options, "plugin": plugin, "name": name, "cert": cert, "mutual": mutual, "crl": crl, "tls": tls, "protocol": protocol, "profile": profile,
            "lines": list(lines), "ca": ca}


def plain():
    """The loopback's own listener, as broker/up makes it."""
    return listener("plain", tls=False, profile="academy", options={"client_id": "*"})


class Broker(Mosquitto):
    """with Broker([listener("academy")]) as b: b.port["academy"], b.journal, b.log()"""

    def __init__(self, listeners, plugin=True, per_listener=False, conf=(), class_json=None, wrapper=(), env=None, program=None,
                 run_as=None, debug=False, directory=None, plugin_file=None, start_deadline=DEADLINE, certificates=None, conf_before=()):
        self.listeners = listeners
        self.plugin = plugin
        self.per_listener = per_listener
        self.conf = list(conf)
        self.conf_before = list(conf_before)  # before the plugin's own lines
        self.class_json = class_json or {}
        self.wrapper = list(wrapper)
        self.env = dict(os.environ, **(env or {}))
        if os.environ.get("DOORSTEP_PRELOAD"):  # a sanitizer's library, for a plugin that was built with it
            self.env["LD_PRELOAD"] = os.environ["DOORSTEP_PRELOAD"]
        self.program = find(program or MOSQUITTO)
        self.run_as = run_as
        self.debug = debug
        self.plugin_file = plugin_file or PLUGIN
        self.start_deadline = start_deadline
        self.certs = certificates or matrix()
        self.port = {}
        super().__init__(directory or tempfile.mkdtemp(prefix="doorstep-test-", dir=open_place()), own=directory is None)

    # Making the class

    def _place(self, name):
        """The certificate and key of a name, where the broker's user can read them."""
        pem, key = self.path("certs", name + ".pem"), self.path("keys", name + ".key")
        if not os.path.exists(pem):
            shutil.copy(self.certs.pem(name), pem)
            if os.path.exists(self.certs.key(name)):
                old = os.umask(0o077)
                shutil.copyfile(self.certs.key(name), key)
                os.umask(old)
        return pem, key

    def _plugin_lines(self):
        if not self.plugin:
            return []
        return ["plugin " + self.path("plugin.so"), "plugin_opt_class " + self.dir]

    def _write(self):
        for name, mode in (("certs", 0o755), ("keys", 0o700), ("state", 0o755)):
            os.makedirs(self.path(name), mode=mode, exist_ok=True)
        os.chmod(self.dir, 0o755)
        if self.plugin:
            shutil.copy(self.plugin_file, self.path("plugin.so.new"))
            os.rename(self.path("plugin.so.new"), self.path("plugin.so"))
        text = ["per_listener_settings " + ("true" if self.per_listener else "false")]
        everywhere = ["allow_anonymous true"] + self._plugin_lines()
        text += self.conf_before
        if not self.per_listener:
            text += everywhere
        text += ["log_dest file " + self.log_file, "log_timestamp_format %Y-%m-%dT%H:%M:%S", "set_tcp_nodelay true"]
        text += ["log_type all"] if self.debug else ["log_type " + t for t in ("error", "warning", "notice", "information")]
        if self.run_as:
            text.append("user " + self.run_as)
        text += self.conf
        for l in self.listeners:
            self.port.setdefault(l["name"], free_port())
            text += ["listener %d 127.0.0.1" % self.port[l["name"]], "protocol " + l["protocol"]]
            if l["tls"]:
                pem, key = self._place(l["cert"])
                text += ["certfile " + pem, "keyfile " + key]
            if l["mutual"]:
                text += ["cafile " + self._place(l["ca"])[0], "require_certificate true"]
            if l["crl"]:
                text.append("crlfile " + self._place("crl")[0])
            if self.per_listener:
                text += everywhere if l["plugin"] else ["allow_anonymous true"]
            text += l["lines"]
        with open(self.path("mosquitto.conf"), "w") as f:
            f.write("\n".join(text) + "\n")
        # For the plugin the TLS listeners are open to the world; only the plain ones are the loopback's own.
        described = [dict({"name": l["name"], "port": self.port[l["name"]], "profile": l["profile"], "tls": l["tls"], "protocol": l["protocol"]},
                          **({} if l["tls"] else {"bind": "127.0.0.1"}), **({"options": l["options"]} if l["options"] else {})) for l in self.listeners]
        with open(self.path("class.json"), "w") as f:
            json.dump(dict({"v": 1, "domain": certs.DOMAIN, "listeners": described},
                           **dict({"per_listener_settings": True} if self.per_listener else {}, **self.class_json)), f)
        if not os.path.exists(self.path("seats.json")):
            with open(self.path("seats.json"), "w") as f:
                json.dump({"v": 1, "domain": certs.DOMAIN, "tag": 24, "seats": []}, f)
        self._place("server")
        owner = user()
        if owner and self.run_as != "root":
            for at, directories, files in os.walk(self.dir):
                for name in ["."] + files:
                    os.chown(os.path.join(at, name), owner.pw_uid, owner.pw_gid)

    # Life

    def start(self):
        for attempt in range(5):
            self._write()
            before = self.running()
            with open(self.path("stderr"), "ab") as err:
                self.process = subprocess.Popen(self.wrapper + [self.program, "-c", self.path("mosquitto.conf")],
                                                stdout=err, stderr=err, env=self.env)
            wait_for(lambda: self.running() > before or self.process.poll() is not None, self.start_deadline)
            if self.process.poll() is None and self.running() > before:
                return self
            self.kill()
            if "Address already in use" not in self.log():
                break
            self.port = {}
            os.unlink(self.log_file)
        raise RuntimeError("the broker did not start:\n" + self.dump())

    def reload(self):
        """SIGHUP, and waits until the broker says that it read its configuration."""
        before = self.log().count("Reloading config")
        self.process.send_signal(signal.SIGHUP)
        return wait_for(lambda: self.log().count("Reloading config") > before)
