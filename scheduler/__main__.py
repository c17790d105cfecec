"""`python -m scheduler`."""

from takedown.loading import for_good

with for_good():
    from scheduler.main import main

main()
