"""A checkout with a shell in it, where commands of the pages and manuals are run as they are written.

It has nothing in it but what git holds and a link to the build, in a network and with a hosts file of its own: the ports are those that
the text says, and class.example leads here. broker/up installs and builds nothing."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build")))
SHOWN_AS = "/home/you/doorstep"
NAMES = ("class.example", "mqtt.example.com", "127-0-0-1.sslip.io")
LIMIT = 120


def hosts(path):
    with open(path, "w") as f:
        f.write("127.0.0.1 localhost\n::1 localhost\n")
        for name in NAMES:
            f.write("127.0.0.1 %s %s\n" % (name, " ".join("seat%02d.%s" % (i, name) for i in range(1, 31))))
            f.write("127.0.0.1 %s\n" % " ".join("%s.%s" % (e, name) for e in ("expired", "wrong-name", "connack-5", "hub")))
    return path


def network(pid):
    return os.readlink("/proc/%s/ns/net" % pid)


def end_all(place):
    """Ends what is in that network still: a page may start something and leave it to its reader."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if network(pid) == place:
                os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass  # it has gone, or is another user's


class Desk:
    """A checkout, and a shell in it that stays for the whole page."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="doorstep-page-")
        os.chmod(self.dir, 0o755)
        self.checkout = os.path.join(self.dir, "doorstep")
        subprocess.run(["bash", "-c", '. tests/lib/engine.sh && root=$PWD && engine_checkout "$1"', "sh", self.checkout], cwd=ROOT, check=True)
        os.symlink(BUILD, os.path.join(self.checkout, "build"))
        up = os.path.join(self.checkout, "broker", "up")
        os.rename(up, up + ".real")
        with open(up, "w") as f:
            f.write('#!/bin/sh\nexec "$0.real" --no-setup "$@"\n')
        os.chmod(up, 0o755)
        home = os.path.join(self.dir, "home")
        os.mkdir(home)
        env = {"PATH": os.environ["PATH"], "HOME": home, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "dumb", "TMPDIR": self.dir, "USER": "you"}
        # Without root: a namespace in which we are, and inside, with hosts and loopback ready, ourselves again.
        root = os.getuid() == 0
        shell = "bash --norc" if root else "unshare -U --map-user=%d bash --norc" % os.getuid()
        self.shell = subprocess.Popen(
            ["unshare", "-nm" if root else "-rnm", "bash", "-c", 'ip link set lo up && mount --bind "$1" /etc/hosts && exec %s' % shell, "sh",
             hosts(os.path.join(self.dir, "hosts"))], cwd=self.checkout, env=env, stdin=subprocess.PIPE, text=True)
        self.status = 0
        self.count = 0

    def run(self, command):
        """(exit code or None where it did not end, lines of output)"""
        self.count += 1
        at = os.path.join(self.dir, "step%d" % self.count)
        with open(at, "w") as f:
            f.write(command + "\n")
        # The command sees the exit code of the one before, so that a page may show `echo $?`.
        self.shell.stdin.write("(exit %d); . %s >%s.out 2>&1 </dev/null; echo $? >%s.new; mv %s.new %s.status\n" % (self.status, at, at, at, at, at))
        self.shell.stdin.flush()
        end = time.monotonic() + LIMIT
        while not os.path.exists(at + ".status") and time.monotonic() < end and self.shell.poll() is None:
            time.sleep(0.02)
        with open(at + ".out", errors="replace") as f:
            lines = f.read().replace(self.checkout, SHOWN_AS).splitlines()
        if not os.path.exists(at + ".status"):
            return None, lines
        with open(at + ".status") as f:
            self.status = int(f.read())
        return self.status, lines

    def close(self):
        place = network(self.shell.pid) if self.shell.poll() is None else None
        for at, directories, files in os.walk(self.checkout):
            if "run.json" in files:
                subprocess.run([os.path.join(ROOT, "broker", "down"), "--class", at], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.shell.stdin.close()
        try:
            self.shell.wait(10)
        except subprocess.TimeoutExpired:
            self.shell.kill()
        if place not in (None, network("self")):
            end_all(place)
        if not os.environ.get("DOORSTEP_KEEP"):
            shutil.rmtree(self.dir, True)
