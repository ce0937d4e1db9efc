"""Runs the test peers, one client per TLS stack."""

import json
import os
import subprocess

from journal import ROOT

BUILD = os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build"))
STACKS = ("openssl", "gnutls", "mbedtls", "wolfssl")


class Peer:
    """A visit under way. options become arguments: client_id="x" is --client-id x, True is a bare flag."""

    def __init__(self, stack, port, **options):
        self.args = [os.path.join(BUILD, "test", "peers", "peer-" + stack), "--port", str(port)]
        for name, value in options.items():
            if value is None or value is False:
                continue
            self.args.append("--" + name.replace("_", "-"))
            if value is not True:
                self.args.append(str(value) if not isinstance(value, bytes) else value)
        self.process = subprocess.Popen(self.args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.saw = None

    def result(self, timeout=200):
        """What the peer saw; raises if it could not even try."""
        if self.saw is None:
            out, err = self.process.communicate(timeout=timeout)
            if not out.startswith(b"{"):
                raise RuntimeError("%s: exit %d: %s" % (" ".join(map(str, self.args)), self.process.returncode, err.decode(errors="replace")))
            self.saw = json.loads(out)
        return self.saw

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def visit(stack, port, **options):
    return Peer(stack, port, **options).result()
