"""What takes too long is seen, busy machine or not."""

import threading
import time

import pytest
from patience import within


def compute(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_sleeping_counts() -> None:
    with within(0.3):
        pass
    with pytest.raises(AssertionError), within(0.05):
        time.sleep(0.1)


def test_computing_counts() -> None:
    with pytest.raises(AssertionError), within(0.05):
        compute(0.1)


def test_waiting_for_somebody_who_sleeps_counts() -> None:
    over = threading.Event()
    threading.Timer(0.1, over.set).start()
    with pytest.raises(AssertionError), within(0.05):
        over.wait()
