"""`python -m takedown`."""

from takedown.cli import main

main()
