"""`python -m scheduler.worker PROCESSES`: a Celery worker that takes portions of shared stages."""

import sys

from config.settings import load
from scheduler.engine import make


def main(processes: int) -> None:
    """Work until SIGTERM; what a killed process held comes back when its leases run out."""
    broker = load().engine.broker_url
    if broker is None:
        sys.exit("TAKEDOWN_ENGINE__BROKER_URL is not set")
    worker = make(broker.get_secret_value()).Worker(
        pool_cls="prefork",
        concurrency=processes,
        loglevel="ERROR",
        quiet=True,  # its banner tells of the broker
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main(int(sys.argv[1]))
