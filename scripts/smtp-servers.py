"""SMTP servers for tests, on aiosmtpd; see with-smtp, which starts this.

    smtp-servers.py FOLDER

Runs until it is ended. Received mails go to FOLDER/mails. FOLDER/environment appears when
all servers listen, and holds the variables that say where they do.
"""

import asyncio
import hmac
import os
import ssl
import sys
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

HOST = "127.0.0.1"
USER = b"ada"
PASSWORD = b"correct horse"


class Mailbox:
    """Writes each mail to a file that is named after its recipient."""

    def __init__(self, folder):
        self.folder = folder

    async def handle_DATA(self, server, session, envelope):
        for recipient in envelope.rcpt_tos:
            name = recipient.replace("/", "_")
            put(self.folder / f"{name}.from", envelope.mail_from.encode())
            put(self.folder / f"{name}.eml", envelope.original_content)
        return "250 OK"

    async def auth_CRAM__MD5(self, server, args):
        """RFC 2195, which aiosmtpd does not bring."""
        challenge = b"<1896.697170952@sink.example>"
        # Encoded by the server, and decoded likewise.
        answer = await server.challenge_auth(challenge)
        digest = hmac.new(PASSWORD, challenge, "md5").hexdigest().encode()
        return AuthResult(success=answer == USER + b" " + digest)


def authenticate(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=known, handled=False)


def put(path, content):
    """Writes a file that is complete as soon as it is there."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


async def listen(mailbox, *, tls=None, starttls=None, auth=False):
    """Starts a server and returns its port."""

    def connection():
        return SMTP(
            mailbox,
            hostname="sink.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if auth else None,
            auth_required=auth,
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, HOST, 0, ssl=tls)
    return server.sockets[0].getsockname()[1], server


async def main(folder):
    mails = folder / "mails"
    mails.mkdir()
    mailbox = Mailbox(mails)

    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", HOST)
    here = context(certificate)
    elsewhere = context(authority.issue_cert("elsewhere.example"))
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "certificate.pem", append=True)

    wanted = {
        "PLAIN": {},
        "PLAIN_AUTH": {"auth": True},
        "STARTTLS": {"starttls": here},
        "STARTTLS_AUTH": {"starttls": here, "auth": True},
        "STARTTLS_ELSEWHERE": {"starttls": elsewhere},
        "TLS": {"tls": here},
        "TLS_AUTH": {"tls": here, "auth": True},
        "TLS_ELSEWHERE": {"tls": elsewhere},
    }
    listening = {name: await listen(mailbox, **kind) for name, kind in wanted.items()}

    environment = {
        "MAILS": mails,
        "CA": folder / "ca.pem",
        "CERTIFICATE": folder / "certificate.pem",
        "KEY": folder / "key.pem",
        **{name: port for name, (port, _) in listening.items()},
    }
    lines = "".join(f"TEST_SMTP_{name}={value}\n" for name, value in environment.items())
    put(folder / "environment", lines.encode())
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
