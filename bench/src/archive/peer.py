"""The peer of the archive bench: what a careful script of Python's standard library does with an mbox.

Each mail is parsed, its texts are decoded, the opt-out phrases are looked for, and order ids go into a SQLite table,
256 mails a commit, as durable as Abide's. Of HTML only the tags are taken out. Prints "MAILS FOUND SECONDS".
"""
import html
import mailbox
import re
import sqlite3
import sys
import time
import unicodedata

PHRASES = [
    "the buyer has chosen to opt out of receiving unsolicited messages from sellers",
    "the buyer opted out from receiving this message",
    "weil der käufer die annahme unerwünschter nachrichten von verkäufern deaktiviert hat",
    "car l'acheteur a choisi de ne pas recevoir de messages non sollicités de la part des vendeurs",
    "perché l'acquirente ha scelto di non ricevere messaggi non richiesti dai venditori",
    "porque el comprador ha optado por no recibir mensajes no solicitados de los vendedores",
]
ORDER = re.compile(r"\b\d{3}-\d{7}-\d{7}\b")
TAG = re.compile(r"<[^>]*>")
BLANKS = re.compile(r"\s+")


def texts(mail):
    for part in mail.walk():
        if part.get_content_maintype() != "text":
            continue
        raw = part.get_payload(decode=True) or b""
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
        if part.get_content_subtype() == "html":
            text = html.unescape(TAG.sub(" ", text))
        yield BLANKS.sub(" ", unicodedata.normalize("NFKC", text).casefold())


def main(path, database):
    table = sqlite3.connect(database, isolation_level=None)
    table.execute("PRAGMA journal_mode = WAL")
    table.execute("PRAGMA synchronous = FULL")
    table.execute("CREATE TABLE notice (message_id TEXT, order_id TEXT, opt_out INTEGER)")
    began, mails, found = time.perf_counter(), 0, 0
    table.execute("BEGIN")
    for mail in mailbox.mbox(path, create=False):
        mails += 1
        whole = list(texts(mail))
        opt_out = any(phrase in text for text in whole for phrase in PHRASES)
        orders = {order for text in whole for order in ORDER.findall(text)}
        found += len(orders)
        rows = [(mail["Message-ID"], order, opt_out) for order in orders]
        table.executemany("INSERT INTO notice VALUES (?, ?, ?)", rows)
        if mails % 256 == 0:
            table.execute("COMMIT")
            table.execute("BEGIN")
    table.execute("COMMIT")
    print(mails, found, time.perf_counter() - began)


main(sys.argv[1], sys.argv[2])
