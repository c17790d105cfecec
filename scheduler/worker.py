"""`python -m scheduler.worker PROCESSES`: a Celery worker that takes portions of shared stages."""

import sys

from config.settings import load
from scheduler.engine import make


def main(processes: int) -> None:
    """Work until SIGTERM; what a killed process held comes back when its leases run out."""
    broker = load().engine.broker_url
    if broker is None:
        sys.exit("TAKEDOWN_ENGINE__BROKER_URL is not set")
    words = ["worker", "--pool=prefork", f"--concurrency={processes}", "--loglevel=ERROR"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--quiet"]
    make(broker.get_secret_value()).worker_main([*words, *quiet])


if __name__ == "__main__":
    main(int(sys.argv[1]))
