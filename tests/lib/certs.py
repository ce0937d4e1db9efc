"""Certificates for tests, made at run time and never kept: the class's own by ca/class, as every user has them; the
broken ones with the openssl command."""

import os
import shutil
import subprocess
import tempfile

from journal import ROOT

DOMAIN = "class.example"
PAST = ("20200101000000Z", "20210101000000Z")
FUTURE = ("20900101000000Z", "20910101000000Z")
TODAY = ("20240101000000Z", "20491231235959Z")

CA = "basicConstraints=critical,CA:TRUE\n"
LEAF = "basicConstraints=CA:FALSE\n"


def run(*args, **options):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(args), done.stdout.decode(errors="replace")))
    return done.stdout


class Certs:
    """A directory with NAME.pem and NAME.key, and how to make more of them."""

    def __init__(self, directory):
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self.serial = 0x1000

    def pem(self, name):
        return os.path.join(self.dir, name + ".pem")

    def key(self, name):
        return os.path.join(self.dir, name + ".key")

    def make_key(self, name, kind="P-384"):
        old = os.umask(0o077)
        try:
            if kind.startswith("P-"):
                run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + kind, "-out", self.key(name))
            else:
                run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind.split("-")[1], "-out", self.key(name))
        finally:
            os.umask(old)

    def issue(self, name, subject, extensions, issuer=None, dates=TODAY, kind="P-384", bundle=()):
        """One certificate: self-signed unless an issuer's name is given. bundle: names whose
        certificates follow it in the file."""
        self.make_key(name, kind)
        self.serial += 1
        with tempfile.TemporaryDirectory(dir=self.dir) as work:
            conf = os.path.join(work, "ca.conf")
            with open(conf, "w") as f:
                f.write("[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=%s\ndatabase=%s/index\nserial=%s/serial\n"
                        "default_md=sha384\npolicy=p\nunique_subject=no\nemail_in_dn=no\n[p]\ncommonName=optional\n"
                        "organizationName=optional\n[req]\ndistinguished_name=dn\n[dn]\n[x]\n%s"
                        % (work, work, work, extensions))
            open(os.path.join(work, "index"), "w").close()
            with open(os.path.join(work, "serial"), "w") as f:
                f.write("%X\n" % self.serial)
            request, out = os.path.join(work, "request"), os.path.join(work, "out")
            run("openssl", "req", "-new", "-config", conf, "-key", self.key(name), "-subj", subject, "-out", request)
            by = ["-selfsign", "-keyfile", self.key(name)] if issuer is None else \
                 ["-cert", self.pem(issuer), "-keyfile", self.key(issuer)]
            run("openssl", "ca", "-batch", "-notext", "-config", conf, "-in", request, "-out", out, "-extensions", "x",
                "-startdate", dates[0], "-enddate", dates[1], *by)
            text = open(out).read() + "".join(open(self.pem(other)).read() for other in bundle)
        with open(self.pem(name), "w") as f:
            f.write(text)

    def server(self, name="server", domain=DOMAIN, dates=TODAY, kind="P-384", issuer=None):
        self.issue(name, "/CN=" + domain, (LEAF if issuer else CA) + "subjectAltName=DNS:%s,DNS:*.%s\n" % (domain, domain),
                   issuer=issuer, dates=dates, kind=kind)

    def of_class(self, name, seat=None):
        """The certificate of a new class, and that of its first seat."""
        with tempfile.TemporaryDirectory(dir=self.dir) as work:
            run(os.path.join(ROOT, "ca", "class"), work, "--domain", DOMAIN, "--seats", "1", "--no-exercises", "--no-sync")
            for label, other in (("server", name), (os.path.join("seats", "seat01"), seat)):
                if other:
                    shutil.copy(os.path.join(work, "certs", label + ".pem"), self.pem(other))
                    shutil.copy(os.path.join(work, "keys", label + ".key"), self.key(other))

    def client(self, name, issuer="server", dates=TODAY, extensions=LEAF, kind="P-256", bundle=()):
        self.issue(name, "/CN=" + name, extensions, issuer=issuer, dates=dates, kind=kind, bundle=bundle)

    def crl(self, name, issuer, revoked, dates=TODAY):
        """A revocation list of the issuer's that names the given certificates."""
        with tempfile.TemporaryDirectory(dir=self.dir) as work:
            conf = os.path.join(work, "ca.conf")
            with open(conf, "w") as f:
                f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ncrlnumber=%s/number\ndefault_md=sha384\n" % (work, work))
            open(os.path.join(work, "index"), "w").close()
            with open(os.path.join(work, "number"), "w") as f:
                f.write("01\n")
            by = ["-config", conf, "-cert", self.pem(issuer), "-keyfile", self.key(issuer)]
            for other in revoked:
                run("openssl", "ca", "-revoke", self.pem(other), *by)
            run("openssl", "ca", "-gencrl", "-crl_lastupdate", dates[0], "-crl_nextupdate", dates[1], "-out", self.pem(name), *by)

    def sha256(self, name):
        out = run("openssl", "x509", "-in", self.pem(name), "-noout", "-fingerprint", "-sha256").decode()
        return out.strip().split("=")[1].replace(":", "").lower()


def matrix(directory):
    """Everything that the door's tests need, made once."""
    c = Certs(directory)
    c.of_class("server", seat="seat01")
    c.server("expired", dates=PAST, issuer="server")
    c.server("early", dates=FUTURE, issuer="server")
    c.server("other-domain", domain="elsewhere.example")
    c.of_class("stranger")
    c.server("rsa", kind="RSA-2048")
    c.issue("fat", "/CN=" + DOMAIN, CA + "subjectAltName=%s\n" % ",".join(
        # long names rather than many: wolfSSL takes no more than 128
        ["DNS:" + DOMAIN, "DNS:*." + DOMAIN] + ["DNS:seat%03d.%s.%s" % (i, "some-longer-name" * 3, DOMAIN) for i in range(70)]))
    c.client("good")
    c.client("client-expired", dates=PAST)
    c.client("client-early", dates=FUTURE)
    c.client("client-revoked")
    c.client("client-stranger", issuer="stranger")
    c.client("client-server-only", extensions=LEAF + "extendedKeyUsage=serverAuth\n")
    c.client("client-ca", extensions=CA)
    c.client("client-ca-usage", extensions=CA + "keyUsage=keyCertSign\n")
    c.issue("old-issuer", "/CN=old-issuer", CA, issuer="server", dates=PAST)
    c.client("client-of-old", issuer="old-issuer", bundle=["old-issuer"])
    c.issue("client-self", "/CN=client-self", LEAF, kind="P-256")
    c.issue("client-self-ca", "/CN=client-self-ca", CA, kind="P-256")
    c.crl("crl", "server", ["client-revoked"])
    return c
