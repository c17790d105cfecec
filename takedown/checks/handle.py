"""One reusable libcurl handle that asks for a head and cannot be made to take more."""

import _socket
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import certifi

from takedown.checks.curl import pycurl
from takedown.checks.finding import Fault
from takedown.checks.guard import Network, allowed
from takedown.checks.head import Head

USER_AGENT: Final = "Mozilla/5.0 (compatible; availability check; headers only)"
RECEIVE_BUFFER: Final = 4_096
CONNECT_TIMEOUT_MS: Final = 10_000
_SUPPRESS_CONNECT_HEADERS: Final = 265  # CURLOPT_SUPPRESS_CONNECT_HEADERS, unnamed in pycurl


@dataclass(frozen=True)
class Egress:
    """How probes leave. `proxy` is `http://`, `socks5://` or `socks5h://` (Tor), or None."""

    open_networks: tuple[Network, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    user_agent: str = USER_AGENT
    ca_file: str | None = None

    @cached_property
    def allows(self) -> Callable[[str], bool]:
        """The guard for these networks, its answers kept."""
        return lru_cache(maxsize=16_384)(lambda address: allowed(address, self.open_networks))

    @property
    def names_travel(self) -> bool:
        """Whether the proxy resolves names itself, which only `.onion` may use."""
        return self.proxy is not None and self.proxy.startswith("socks5h://")


class _Lent:
    """A socket on its way to libcurl, which duplicates it; ours is closed when this goes."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)


class Handle:
    """Options are set once; `aim` sets what differs from one Url to the next."""

    __slots__ = (
        "_address",
        "_connect_to",
        "_egress",
        "_ms",
        "_verify",
        "curl",
        "head",
        "refused",
        "starved",
    )

    def __init__(self, egress: Egress, deadline_ms: int) -> None:
        self._egress = egress
        self._address = ""
        self._connect_to = ""
        self._ms = deadline_ms
        self._verify = True
        self.refused = self.starved = False
        self.head = Head()
        self.curl = pycurl.Curl()
        for option, value in self._options(deadline_ms):
            self.curl.setopt(option, value)
        self._set_proxy()

    def _options(self, deadline_ms: int) -> list[tuple[int, Any]]:
        return [
            (pycurl.NOBODY, 1),
            (pycurl.BUFFERSIZE, 1_024),
            (pycurl.FORBID_REUSE, 1),
            (pycurl.FRESH_CONNECT, 1),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.NOSIGNAL, 1),
            (pycurl.USERAGENT, self._egress.user_agent),
            (pycurl.TIMEOUT_MS, deadline_ms),
            (pycurl.CONNECTTIMEOUT_MS, min(deadline_ms, CONNECT_TIMEOUT_MS)),
            (pycurl.SSL_SESSIONID_CACHE, 0),
            (pycurl.CAINFO, self._egress.ca_file or certifi.where()),
            (pycurl.NOPROXY, ""),
            (_SUPPRESS_CONNECT_HEADERS, 1),
            (pycurl.OPENSOCKETFUNCTION, self._open),
            (pycurl.HEADERFUNCTION, self.head.feed),
            (pycurl.WRITEFUNCTION, _refuse_body),
        ]

    def leave_by(self, egress: Egress) -> None:
        """Takes another way out, where it differs from the last one."""
        if egress is not self._egress:
            self._egress = egress
            self._set_proxy()

    def _set_proxy(self) -> None:
        # Said even when empty: else libcurl reads http_proxy and no_proxy from the environment.
        self.curl.setopt(pycurl.PROXY, self._egress.proxy or "")
        self.curl.setopt(pycurl.HTTPPROXYTUNNEL, 1 if self._egress.proxy else 0)

    def aim(self, url: str, address: str, port: int, ms: int, verify: bool) -> None:
        """Points the handle at a Url, pinned to `address` (empty for `.onion` by proxy)."""
        self.head.reset()
        self.refused = self.starved = False
        self._address = address
        self.curl.setopt(pycurl.URL, url)
        literal = f"[{address}]" if ":" in address else address
        connect_to = f"::{literal}:{port}" if address else ""
        if connect_to != self._connect_to:
            self._connect_to = connect_to
            self.curl.setopt(pycurl.CONNECT_TO, [connect_to] if connect_to else [])
        if ms != self._ms:
            self._ms = ms
            self.curl.setopt(pycurl.TIMEOUT_MS, ms)
        if verify != self._verify:
            self._verify = verify
            self.curl.setopt(pycurl.SSL_VERIFYPEER, 1 if verify else 0)
            self.curl.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)

    def _open(self, purpose: int, peer: Any) -> Any:
        """Makes the socket for the very address that libcurl connects; the guard's last word."""
        if self._egress.proxy is None:
            address = peer.addr[0]
            if address != self._address or not self._egress.allows(address):
                self.refused = True
                return pycurl.SOCKET_BAD
        kind = peer.socktype | _socket.SOCK_NONBLOCK | _socket.SOCK_CLOEXEC
        try:
            made = _socket.socket(peer.family, kind, peer.protocol)
            made.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVBUF, RECEIVE_BUFFER)
        except OSError:
            self.starved = True
            return pycurl.SOCKET_BAD
        return _Lent(made.detach())

    def fault(self, code: int) -> Fault | None:
        """What libcurl's result means; None for an answer in good order.

        Error 23 is our own stop at the final blank line.
        """
        if self.refused:
            return Fault.FORBIDDEN_ADDRESS
        if self.starved:
            return Fault.OURS
        if self.head.flood:
            return Fault.TOO_LARGE
        if self.head.complete:
            return None
        if self._egress.proxy is not None and code in _PROXY_ERRORS:
            return _SOCKS_REPLIES.get(self.curl.getinfo(pycurl.PROXY_ERROR), Fault.PROXY)
        if code == pycurl.E_COULDNT_CONNECT:
            return _ERRNO.get(self.curl.getinfo(pycurl.OS_ERRNO), Fault.REFUSED)
        return _FAULTS.get(code, Fault.NONSENSE)


def _refuse_body(_: bytes) -> int:
    return 0


_PROXY_ERRORS: Final = frozenset(
    {pycurl.E_COULDNT_RESOLVE_PROXY, pycurl.E_COULDNT_CONNECT, 97, pycurl.E_RECV_ERROR}
)
# CURLPX_REPLY_*: the SOCKS proxy is well and says that the target is not.
_SOCKS_REPLIES: Final = {19: Fault.REFUSED, 21: Fault.TIMEOUT, 24: Fault.TIMEOUT}
_ERRNO: Final = {
    errno.ETIMEDOUT: Fault.TIMEOUT,
    errno.EHOSTUNREACH: Fault.TIMEOUT,
    errno.ENETUNREACH: Fault.OURS,
    errno.EADDRNOTAVAIL: Fault.OURS,
    errno.EMFILE: Fault.OURS,
    errno.ENETDOWN: Fault.OURS,
    errno.EACCES: Fault.OURS,
    errno.EPERM: Fault.OURS,
    errno.ECONNRESET: Fault.RESET,
}
TLS_ERRORS: Final = frozenset(
    {
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_SSL_PINNEDPUBKEYNOTMATCH,
    }
)
_FAULTS: Final = dict.fromkeys(TLS_ERRORS, Fault.TLS) | {
    pycurl.E_OPERATION_TIMEDOUT: Fault.TIMEOUT,
    pycurl.E_GOT_NOTHING: Fault.RESET,
    pycurl.E_RECV_ERROR: Fault.RESET,
    pycurl.E_SEND_ERROR: Fault.RESET,
    pycurl.E_OUT_OF_MEMORY: Fault.TOO_LARGE,  # so libcurl calls a header line over 100 kB
    100: Fault.TOO_LARGE,  # CURLE_TOO_LARGE
    pycurl.E_URL_MALFORMAT: Fault.OURS,
    pycurl.E_COULDNT_RESOLVE_HOST: Fault.OURS,
    pycurl.E_SSL_CACERT_BADFILE: Fault.OURS,
    pycurl.E_SSL_ENGINE_INITFAILED: Fault.OURS,
    pycurl.E_FAILED_INIT: Fault.OURS,
}
