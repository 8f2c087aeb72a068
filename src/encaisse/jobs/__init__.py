"""What happens by the clock: the daily run and the delivery of what is approved."""
