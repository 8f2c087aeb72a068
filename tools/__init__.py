"""Small programs that keep the project in order; run them as `python -m tools.NAME`."""
