"""Notices as mail: a copy, sent by the worker. What cannot be sent is tried again and holds nothing up."""

import logging
import re
import smtplib
import ssl
from collections.abc import Iterable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from server.journey import Journey
from server.settings import Settings
from server.store.notices import REFUSED
from workflow.store import Notice, Person

LOG = logging.getLogger(__name__)

WORTH_MAILING = timedelta(days=2)
PATIENCE = 20.0
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def address_fault(person: Person, refused: Iterable[str]) -> str:
    """Why no mail goes to this person, in words; empty where it goes."""
    if not person.email:
        return "alamat surel belum ada"
    if not ADDRESS.fullmatch(person.email):
        return f"alamat surel “{person.email}” tidak benar"
    return f"alamat surel {person.email} ditolak server surat" if f"{person.id}:{person.email}" in refused else ""


def deliver(journey: Journey) -> int:
    """Sends what waits; the number sent. Raises OSError, of which SMTPException is one, where the server is away."""
    records, settings, sent = journey.records, journey.settings, 0
    if not settings.smtp_url:
        return 0
    refused = records.refused_addresses()
    people = {one.id: one for one in records.people() if one.active and not address_fault(one, refused)}
    waiting = [one for one in records.unmailed(journey.clock() - WORTH_MAILING) if one.person in people]
    if not waiting:
        return 0
    with connected(settings) as server:
        for notice in waiting:
            person = people[notice.person]
            if f"{person.id}:{person.email}" in refused or not records.set_mailed(notice, journey.clock()):
                continue
            try:
                server.send_message(_message(notice, person, settings))
                sent += 1
            except smtplib.SMTPRecipientsRefused as no:
                records.set_mailed(notice, None)
                if no.recipients[person.email][0] >= 500:
                    refused.add(f"{person.id}:{person.email}")
                    records.add_notices([_refusal(journey, person)])
            except smtplib.SMTPDataError as no:
                records.set_mailed(notice, None)
                LOG.warning("the mail server took no mail of notice %s: %s", notice.id, no)
            except OSError:
                records.set_mailed(notice, None)
                raise
    return sent


def connected(settings: Settings) -> smtplib.SMTP:
    """A session with the mail server. A password goes only over TLS, or to this machine."""
    url = urlsplit(settings.smtp_url)
    host, context = url.hostname or "localhost", ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=PATIENCE, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=PATIENCE)
    try:
        server.ehlo()
        if url.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif url.username and url.scheme != "smtps" and not _here(host):
            raise smtplib.SMTPNotSupportedError("the mail server offers no TLS: no password is sent to it")
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _message(notice: Notice, person: Person, settings: Settings) -> EmailMessage:
    where = f"/meja/pengajuan/{notice.submission}" if notice.submission else "/meja/"
    host = urlsplit(settings.url).hostname or "localhost"
    text = " ".join(notice.text.split())
    message = EmailMessage()
    message["Subject"] = f"Sebar: {text[:90]}{'…' if len(text) > 90 else ''}"
    message["From"] = settings.mail_from or settings.office_email or f"sebar@{host}"
    message["To"] = person.email
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"Yth. {person.name},\n\n{text}\n\nBuka: {settings.url}{where}\n\n"
        f"Surat ini salinan pemberitahuan di Sebar, {settings.city}. Jangan dibalas.\n"
    )
    return message


def _refusal(journey: Journey, person: Person) -> Notice:
    text = f"Server surat menolak alamat surel Anda, {person.email}. Minta admin memperbaikinya."
    return Notice(person.id, f"{REFUSED}{person.id}:{person.email}", "address", text, journey.clock())
