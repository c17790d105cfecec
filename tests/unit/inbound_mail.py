"""Answers of a provider, made for tests."""

from email.message import EmailMessage

from notices.inbound import Inbound, classify


def mail(text: str, subject: str = "Re: [NTD-2026-000123] Notice", **fields: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Abuse desk <abuse@provider.example>"
    message["To"] = "notices@hotline.example"
    message["Subject"] = subject
    message["Message-ID"] = "<answer.1@provider.example>"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def read(text: str, subject: str = "Re: [NTD-2026-000123] Notice", **fields: str) -> Inbound:
    return classify(mail(text, subject, **fields))
