"""Provider interfaces over HTTP: one request a delivery, as its connector describes it."""

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from notices.channels import answers, exchange
from notices.channels.base import Ambiguous, Receipt, SendError
from notices.channels.connector import Connector, State
from notices.channels.guarded_http import Answer, Request, Unanswered, ask
from notices.channels.payload import MEDIA_TYPES
from notices.defang import header_safe
from notices.watched import Guard, NotSent

_UNREACHABLE_S: Final = 60.0
_PATIENCE_S: Final = 2.0


@dataclass(frozen=True)
class Progress:
    """What a provider says of a report: `state` None where its `word` is in no mapping.

    `origin`: addresses that it tells to stand behind it.
    """

    state: State | None
    word: str = field(repr=False)
    origin: tuple[str, ...] = field(repr=False)
    exchange: bytes = field(repr=False)


class HttpApi:
    """The way out for the medium `api`; `recipient` names a connector.

    `connectors` finds one by its name (KeyError: none). `secrets` finds a secret by its name: the
    token, password or header's value itself, of a certificate the path of its PEM file. `allowed`
    guards every address. `authorities`: a PEM file trusted instead of the usual ones. `clock` is
    monotonic, in seconds. Not for use by several threads at once.
    """

    def __init__(
        self,
        connectors: Callable[[str], Connector],
        secrets: Callable[[str], str],
        *,
        allowed: Guard,
        authorities: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connectors = connectors
        self._secrets = secrets
        self._allowed = allowed
        self._authorities = authorities
        self._clock = clock
        self._sleep = sleep
        self._last: dict[str, float] = {}
        self._unreachable: dict[str, float] = {}

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        *,
        arm: Callable[[], bool],
        deadline_s: float,
        envid: str | None = None,
    ) -> Receipt:
        """Hand over the frozen body of one request; see `Channel.send`.

        `envid` goes into the connector's idempotency header, so that a repeat is taken once.
        `sender` means nothing here. Phases: connector, secret, rate, name, address, connect, tls,
        arm, answer, login, redirect.
        """
        connector = self._connector(recipient)
        headers = {"Content-Type": MEDIA_TYPES[connector.content_type], "Accept": "*/*"}
        if connector.idempotency_header and envid:
            headers[connector.idempotency_header] = header_safe("envid", envid)
        request = self._request(connector, connector.method, connector.url, headers, message)
        self._paced(connector, deadline_s)
        answer = self._asked(connector, request, deadline_s, arm)
        kept = exchange.kept(request, answer, self._shown(connector))
        return answers.receipt(connector, answer, kept)

    def poll(self, name: str, reference: str, *, deadline_s: float) -> Progress:
        """Ask what became of a report. Raises `SendError`; one that is `permanent` will stay so."""
        connector = self._connector(name)
        if connector.poll is None:
            raise SendError("connector", "it can't be asked", permanent=True)
        url = connector.poll.url.replace("{reference}", quote(reference, safe=""))
        request = self._request(connector, "GET", url, {"Accept": "application/json"}, None)
        self._paced(connector, deadline_s)
        try:
            answer = self._asked(connector, request, deadline_s, None)
            kept = exchange.kept(request, answer, self._shown(connector))
            if answer.status != 200:
                raise answers.refusal(connector, answer, kept)
        except Ambiguous as error:  # asking changes nothing, so nothing can be in doubt
            raise SendError(error.phase, error.response, code=error.code) from None
        found = [one for select in connector.poll.state if (one := select.text(answer.body))]
        word = "/".join(found)
        states = connector.poll.states
        state = states.get(word) or (states.get(found[0]) if found else None)
        return Progress(state, word, _origin(connector, answer), kept)

    def _connector(self, name: str) -> Connector:
        try:
            return self._connectors(name)
        except KeyError:
            raise SendError("connector", "there is none of this name", permanent=True) from None

    def _request(
        self,
        connector: Connector,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
    ) -> Request:
        auth = connector.auth
        secret = self._secret(connector) if auth.secret else ""
        certificate = None
        if auth.kind == "bearer":
            headers["Authorization"] = f"Bearer {secret}"
        elif auth.kind == "basic":
            pair = b64encode(f"{auth.user}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif auth.kind == "header":
            headers[str(auth.header)] = secret
        elif auth.kind == "certificate":
            certificate = secret
        return Request(method, url, {"User-Agent": "takedown", **headers}, body, certificate)

    def _secret(self, connector: Connector) -> str:
        try:
            secret = self._secrets(str(connector.auth.secret))
        except KeyError:
            raise SendError("secret", "there is none of this name") from None
        if not secret or not secret.isascii() or not secret.isprintable():
            raise SendError("secret", "it can't stand in a header")
        return secret

    def _shown(self, connector: Connector) -> tuple[str, ...]:
        """What must not be kept: the secret, and what a basic header makes of it."""
        if connector.auth.secret is None:
            return ()
        secret = self._secret(connector)
        return secret, f"{connector.auth.user}:{secret}"

    def _paced(self, connector: Connector, deadline_s: float) -> None:
        """Keep to the connector's rate: wait a little, or say when to come back."""
        now = self._clock()
        silent = self._unreachable.get(connector.name, now) - now
        if silent > 0:
            raise SendError("connect", "it was not reachable just now", retry_after_s=silent)
        wait = self._last.get(connector.name, now - 60.0) + 60.0 / connector.per_minute - now
        if wait > min(_PATIENCE_S, deadline_s / 4):
            raise SendError("rate", "", retry_after_s=wait)
        if wait > 0:
            self._sleep(wait)
        self._last[connector.name] = self._clock()

    def _asked(
        self,
        connector: Connector,
        request: Request,
        deadline_s: float,
        arm: Callable[[], bool] | None,
    ) -> Answer:
        try:
            return ask(
                request,
                deadline_s=deadline_s,
                allowed=self._allowed,
                arm=arm,
                authorities=self._authorities,
            )
        except NotSent as error:
            if error.phase == "arm":
                raise SendError("arm", "the lease had ended") from None
            if error.phase == "connect":
                self._unreachable[connector.name] = self._clock() + _UNREACHABLE_S
            raise SendError(error.phase, permanent=error.phase == "address") from None
        except Unanswered:
            kept = exchange.kept(request, None, self._shown(connector))
            raise Ambiguous("answer", exchange=kept) from None


def _origin(connector: Connector, answer: Answer) -> tuple[str, ...]:
    """Addresses behind a proxy, where its answer tells some; nothing else passes for one."""
    select = connector.poll.origin if connector.poll else None
    text = (select.text(answer.body) if select else None) or ""
    found = []
    for one in text.replace(",", " ").replace(";", " ").split()[:20]:
        try:
            found.append(str(ip_address(one)))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))
