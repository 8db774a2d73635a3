"""Whole recipes that measure Baseload and print their figures: `python -m benchmarks.serve --quick`."""
