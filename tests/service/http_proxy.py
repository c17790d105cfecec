"""An HTTP proxy on loopback that leaves by an address of its own: a second vantage point."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def leaving_from(address: str) -> Iterator[str]:
    """Runs in a thread until left; its location, as settings have it."""
    loop = asyncio.new_event_loop()
    ready: list[asyncio.Server] = []
    started = threading.Event()

    async def serve() -> None:
        ready.append(await asyncio.start_server(lambda r, w: _tunnel(r, w, address), address, 0))
        started.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    started.wait(10)
    try:
        yield f"http://{address}:{ready[0].sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(ready[0].close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
    """One CONNECT (RFC 9110, 9.3.6), then bytes both ways until either side ends."""
    there: asyncio.StreamWriter | None = None
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        host, _, port = head.split()[1].decode().rpartition(":")
        answers, there = await asyncio.open_connection(host, int(port), local_addr=(address, 0))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there.write(await reader.readuntil(b"\r\n\r\n"))
        writer.write(await answers.read())
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        for end in (writer, there):
            if end is not None:
                end.close()
                with suppress(OSError):
                    await end.wait_closed()
