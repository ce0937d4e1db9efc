"""What went over the wire, as tshark sees it: an independent witness."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile

from journal import wait_for

TSHARK = shutil.which("tshark") or "/usr/bin/tshark"
FIELDS = ("tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags.fin", "tcp.flags.reset", "tls.handshake.type",
          "tls.handshake.extensions_server_name", "tls.alert_message.level", "tls.alert_message.desc", "tls.record.content_type",
          "tls.record.length", "frame.number", "tls.record.opaque_type", "tls.handshake.certificates_length", "tcp.len")


class Capture:
    """Packets of the given ports on the loopback device, and of no other."""

    def __init__(self, ports, directory=None):
        self.ports = list(ports)
        self.dir = tempfile.mkdtemp(prefix="doorstep-capture-")
        os.chmod(self.dir, 0o755)
        self.file = os.path.join(self.dir, "capture.pcap")
        self.mark = socket.socket()
        self.mark.bind(("127.0.0.1", 0))
        self.mark.listen(4)
        self.marks = []

    def _count(self, expression):
        out = subprocess.run([TSHARK, "-r", self.file, "-Y", expression, "-T", "fields", "-e", "frame.number"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return len(out.split())

    def _marked(self):
        """A packet that nothing else sends was written: so was all that came before."""
        with socket.create_connection(self.mark.getsockname()) as s:
            port = s.getsockname()[1]
            self.marks.append(self.mark.accept()[0])
        return wait_for(lambda: self._count("tcp.port == %d" % port), 20, 0.2)

    def __enter__(self):
        wanted = " or ".join("tcp port %d" % p for p in self.ports + [self.mark.getsockname()[1]])
        self.err = open(os.path.join(self.dir, "stderr"), "w+b")
        self.process = subprocess.Popen([TSHARK, "-i", "lo", "-q", "-B", "16", "-f", wanted, "-w", self.file],
                                        stdout=self.err, stderr=self.err)
        if not wait_for(lambda: self.process.poll() is not None or (os.path.exists(self.file) and self._marked()), 40, 0.1) \
                or self.process.poll() is not None:
            raise RuntimeError("tshark does not capture: %s" % open(self.err.name).read())
        return self

    def finish(self):
        """Ends the capture once everything is written."""
        if not self._marked():
            raise RuntimeError("tshark lost the last packets")
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.mark.close()
        for s in self.marks:
            s.close()
        self.err.close()
        shutil.rmtree(self.dir, True)

    def packets(self, keylog=None):
        """Rows of FIELDS as dicts, in order; a field that is there more than once is a list of values."""
        command = [TSHARK, "-r", self.file, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=,"]
        command += [part for p in self.ports for part in ("-d", "tcp.port==%d,tls" % p)]
        command += [part for f in FIELDS for part in ("-e", f)]
        if keylog:
            command += ["-o", "tls.keylog_file:" + keylog]
        out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode(errors="replace")
        for line in out.splitlines():
            yield dict(zip(FIELDS, ([v for v in cell.split(",") if v != ""] for cell in line.split("\t"))))

    def conversations(self, keylog=None):
        """{(device's port, broker's port): {"sni", "alerts": [(from, code, after the device's FIN)], ...}}"""
        found = {}
        for p in self.packets(keylog):
            source, target = int(p["tcp.srcport"][0]), int(p["tcp.dstport"][0])
            if source in self.ports:
                key, sender = (target, source), "broker"
            elif target in self.ports:
                key, sender = (source, target), "device"
            else:
                continue
            c = found.setdefault(key, {"sni": None, "alerts": [], "fin": False, "reset": False, "records": []})
            if p["tls.handshake.extensions_server_name"] and sender == "device":
                c["sni"] = p["tls.handshake.extensions_server_name"][0]
            for code in p["tls.alert_message.desc"]:
                c["alerts"].append((sender, int(code), c["fin"]))
            for length in p["tls.record.length"]:
                c["records"].append((sender, int(length)))
            if sender == "device" and p["tcp.flags.fin"][0] in ("1", "True"):
                c["fin"] = True
            if sender == "device" and p["tcp.flags.reset"][0] in ("1", "True"):
                c["reset"] = True
        return found
