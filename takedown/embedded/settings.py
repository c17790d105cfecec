"""How the server is set: for a small machine, and silent about what it is asked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PORT = 5432

SHARED_MEMORY = "/dev/shm"  # nosec B108


def settings() -> dict[str, str | int]:
    """Every parameter that differs from PostgreSQL's own.

    Given on the command line, so that no ALTER SYSTEM undoes what guards the log.
    """
    shared = os.statvfs(SHARED_MEMORY) if Path(SHARED_MEMORY).is_dir() else None
    roomy = shared is not None and shared.f_bavail * shared.f_frsize >= 128 << 20
    return {
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": ".",
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{min(256, max(16, _memory() // (8 << 20)))}MB",
        "dynamic_shared_memory_type": "posix" if roomy else "mmap",
        "max_connections": 100,
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_logical_replication_workers": 0,
        "min_wal_size": "32MB",
        "max_wal_size": "512MB",
        "io_method": "sync",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
        # An error's first line may quote a value: only the server's own life is logged.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_min_duration_statement": -1,
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": -1,
    }


def _memory() -> int:
    """Bytes that this machine or this container has."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):
        return min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return whole
