"""What a process of ours did with its sockets, in the kernel's words: strace, where it may be."""

import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
CALLS = "connect,dup,dup2,dup3,fcntl,close,read,readv,recvfrom,recvmsg,recvmmsg"
_CONNECT = re.compile(
    r"connect\((\d+), \{sa_family=AF_INET6?, sin6?_port=htons\((\d+)\), .*?\"([^\"]+)\""
)
_READ = re.compile(r"(?:read|readv|recvfrom|recvmsg)\((\d+), .* = (\d+)$")
_CLOSE = re.compile(r"close\((\d+)")

Place = tuple[str, int]


@dataclass
class Trace:
    """Each connection that was begun, and the sizes of the reads from it, in order."""

    connections: dict[Place, list[list[int]]] = field(default_factory=lambda: defaultdict(list))

    def read(self, lines: list[str]) -> None:
        """Take in the calls of one thread."""
        here: dict[int, list[int]] = {}
        for line in lines:
            if match := _CONNECT.match(line):
                sizes: list[int] = []
                here[int(match[1])] = sizes
                self.connections[match[3], int(match[2])].append(sizes)
            elif match := _READ.match(line):
                here.get(int(match[1]), []).append(int(match[2]))
            elif match := _CLOSE.match(line):
                here.pop(int(match[1]), None)


def run(module: str, task: str, folder: Path) -> tuple[str, Trace | None]:
    """Run a module of ours with `task` as its input; what it said, and its trace.

    None for the trace where the machine lets nobody be traced: the test has other proofs.
    """
    command = [sys.executable, "-m", module]
    traced = _may_be_traced()
    if traced:
        words = ["-ff", "-qq", "-s", "0", "-e", "signal=none", "-e", f"trace={CALLS}"]
        command = ["strace", "--seccomp-bpf", *words, "-o", str(folder / "calls"), *command]
    done = subprocess.run(
        command, input=task, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    if not traced:
        return done.stdout, None
    trace = Trace()
    for thread in folder.glob("calls.*"):
        trace.read(thread.read_text().splitlines())
    return done.stdout, trace


def _may_be_traced() -> bool:
    words = ["strace", "-f", "-o", "/dev/null", "true"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
