"""What it costs and against what: `python -m benchmarks [SECTION ...]`."""
