"""`python -m takedown`, and the command of that name."""

from takedown.loading import for_good

with for_good():
    from takedown.cli import main

if __name__ == "__main__":
    main()
