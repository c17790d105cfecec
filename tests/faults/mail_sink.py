"""A real mail server in a process of its own: every accepted message becomes a file.

Usage: mail_sink.py FOLDER; prints its port. Started and stopped by tests.
"""

import asyncio
import sys
import uuid
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Sink:
    """Accepts everything; a message is on disk before its 250."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        name = uuid.uuid4().hex
        (self._folder / name).write_bytes(envelope.original_content)
        return f"250 2.0.0 Ok: queued as {name[:12].upper()}"


async def serve(folder: Path) -> None:
    sink = Sink(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="sink.example", enable_SMTPUTF8=True, loop=loop),
        host="127.0.0.1",
        port=0,
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the test learns it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
