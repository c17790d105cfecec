"""The web hosts: one port on every address of the providers, bare sockets for speed."""

import asyncio
import socket
import struct
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

from sandbox.answers import HEAVY, Answer, answer
from sandbox.providers import PROVIDERS
from sandbox.scene import Scene

BACKLOG = 1024
IDLE_SECONDS = 30.0
DRIP_SECONDS = 1.0
CACHE_SIZE = 200_000
MAX_REQUEST = 16_384


class WebHosts:
    """Listens on every provider's addresses; a provider that refuses closes its listeners."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.port = 0
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[str, socket.socket] = {}
        self._prepared: dict[tuple[str, str, bytes], Answer] = {}
        self._tells_apart = False
        self._waiting: dict[socket.socket, tuple[float, bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, port: int) -> None:
        """Bind; port 0 picks one that is free on all addresses. Raises OSError."""
        addresses = [address for p in PROVIDERS.values() for address in p.addresses]
        for attempt in range(20):
            try:
                self.port = self._listen(addresses[0], port)
                for address in addresses[1:]:
                    self._listen(address, self.port)
                break
            except OSError:
                self._close_listeners(list(self._listeners))
                if port or attempt == 19:
                    raise
        self.scene.changed.append(self.refresh)
        self.refresh()
        self._hold(self._sweep())

    def _listen(self, address: str, port: int) -> int:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        try:
            listener.bind((address, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
        self._listeners[address] = listener
        self._loop.add_reader(listener, self._accept, listener, address)
        return int(listener.getsockname()[1])

    def _close_listeners(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            listener = self._listeners.pop(address, None)
            if listener is not None:
                self._loop.remove_reader(listener)
                listener.close()

    def refresh(self) -> None:
        """Forget prepared answers; open and close doors as the clock says."""
        self._prepared.clear()
        self._tells_apart = self.scene.tells_apart
        for provider in PROVIDERS.values():
            refuses = self.scene.outage_status(None, provider) == 0
            for address in provider.addresses:
                if refuses:
                    self._close_listeners([address])
                elif address not in self._listeners:
                    self._listen(address, self.port)

    def close(self) -> None:
        self._close_listeners(list(self._listeners))
        for connection in list(self._waiting):
            self._drop(connection)
        for task in self._tasks:
            task.cancel()

    def _hold(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sweep(self) -> None:
        """Drop connections that never finish their request; follow the real clock."""
        while True:
            await asyncio.sleep(1)
            limit = self._loop.time() - IDLE_SECONDS
            for connection, (since, _) in list(self._waiting.items()):
                if since < limit:
                    self._drop(connection)
            if self.scene.clock.set_to is None:
                self.refresh()

    def _accept(self, listener: socket.socket, address: str) -> None:
        for _ in range(64):
            try:
                connection, _peer = listener.accept()
            except (BlockingIOError, OSError):
                return
            connection.setblocking(False)
            self.scene.connections["web"] += 1
            self._read(connection, address, b"")

    def _read(self, connection: socket.socket, address: str, before: bytes) -> None:
        try:
            data = connection.recv(MAX_REQUEST)
        except BlockingIOError:
            self._wait(connection, address, before)
            return
        except OSError:
            self._drop(connection)
            return
        request = before + data
        if not data or len(request) > MAX_REQUEST:
            self._drop(connection)
        elif b"\r\n\r\n" in request:
            self._waiting_done(connection)
            self._reply(connection, address, request)
        else:
            self._wait(connection, address, request)

    def _wait(self, connection: socket.socket, address: str, request: bytes) -> None:
        since = self._waiting.get(connection, (self._loop.time(), b""))[0]
        self._waiting[connection] = since, request
        self._loop.add_reader(connection, self._read, connection, address, request)

    def _waiting_done(self, connection: socket.socket) -> None:
        if self._waiting.pop(connection, None) is not None:
            self._loop.remove_reader(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._waiting_done(connection)
        connection.close()

    def _reply(self, connection: socket.socket, address: str, request: bytes) -> None:
        head = request[: request.find(b"\r\n\r\n")]
        try:
            asker = connection.getpeername()[0] if self._tells_apart else ""
        except OSError:  # it has gone already
            connection.close()
            return
        prepared = self._prepared.get((asker, address, head))
        if prepared is None:
            prepared = self._prepare(asker, address, head)
        if prepared.then:
            self._hold(self._special(connection, prepared))
            return
        with suppress(OSError):
            connection.send(prepared.head)
        connection.close()

    def _prepare(self, asker: str, address: str, head: bytes) -> Answer:
        lines = head.decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        fields = dict(line.lower().split(":", 1) for line in lines[1:] if ":" in line)
        target = rest.rpartition(" ")[0]
        authority = fields.get("host", "").strip()
        made = answer(self.scene, address, method, authority, target, asker)
        if made.lasting and len(self._prepared) < CACHE_SIZE:
            self._prepared[asker, address, head] = made
        return made

    async def _special(self, connection: socket.socket, prepared: Answer) -> None:
        try:
            if prepared.then == "reset":
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            await self._loop.sock_sendall(connection, prepared.head)
            if prepared.then == "heavy":
                await self._loop.sock_sendall(connection, HEAVY)
            while prepared.then == "drip":
                await self._loop.sock_sendall(connection, b"X-Wait: 1\r\n")
                await asyncio.sleep(DRIP_SECONDS)
        except OSError:
            pass
        finally:
            connection.close()
