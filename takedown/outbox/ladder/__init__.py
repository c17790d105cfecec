"""The ladder: what follows the first notice, toward whom and when; data that people edit."""
