"""Mosquitto's own password file."""

import base64
import hashlib
import os


def password_line(user, password):
    """As mosquitto_passwd writes it."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return "%s:$7$101$%s$%s\n" % (user, base64.b64encode(salt).decode(), base64.b64encode(digest).decode())
