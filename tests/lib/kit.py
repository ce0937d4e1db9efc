"""What the tests of the certificate kit share: doorstep-ca, a TLS server as a modem meets it."""

import os
import re
import socket
import ssl
import subprocess
import threading

from journal import wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build"))
CA = os.path.join(BUILD, "bin", "doorstep-ca")
CLASS = os.path.join(ROOT, "ca", "class")

CBC = "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA"
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"


def ca(*args, **options):
    """Runs doorstep-ca; a CompletedProcess with text in stdout and stderr."""
    return subprocess.run([CA, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=options.pop("timeout", 120), **options)


def good(*args, **options):
    """The same, where it must succeed; its standard output."""
    done = ca(*args, **options)
    if done.returncode:
        raise RuntimeError("doorstep-ca %s: exit %d: %s" % (" ".join(map(str, args)), done.returncode, done.stderr))
    return done.stdout


def make_class(directory, *args, domain="class.example", seats=2):
    done = subprocess.run([CLASS, directory, "--domain", domain, "--seats", str(seats), "--no-sync", *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    return done


def openssl(*args, data=None):
    done = subprocess.run(["openssl", *map(str, args)], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done


def read(path, mode="r"):
    with open(path, mode) as f:
        return f.read()


def write(path, content):
    with open(path, "wb" if isinstance(content, bytes) else "w", newline=None if isinstance(content, bytes) else "") as f:
        f.write(content)
    return path


def ders(path):
    """The certificates of a PEM file as DER."""
    return [ssl.PEM_cert_to_DER_cert(m) for m in
            re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", read(path), re.S)]


class Server:
    """A TLS 1.2 server on loopback that shows a certificate and, if client_ca is given, insists on one.
    What happened to each visit is in .seen: the client's subject CN, "" or the error's text."""

    def __init__(self, cert, key, ciphers=CBC + ":" + GCM, client_ca=None, strict=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(ciphers)
        self.context.load_cert_chain(cert, key)
        if client_ca:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(client_ca)
            if strict:
                self.context.verify_flags |= ssl.VERIFY_X509_STRICT
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.seen = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(30)
            try:
                with self.context.wrap_socket(connection, server_side=True) as tls:
                    peer = tls.getpeercert() or {}
                    names = [value for part in peer.get("subject", ()) for key, value in part if key == "commonName"]
                    self.seen.append(names[0] if names else "")
                    tls.recv(1)
            except OSError as error:
                self.seen.append(str(error))
            finally:
                connection.close()

    def since(self, before):
        """What was seen after the first `before`; waits for it, as the client may know how it ended first."""
        wait_for(lambda: len(self.seen) > before)
        return self.seen[before:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(35)
