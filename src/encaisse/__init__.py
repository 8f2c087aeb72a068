"""encaisse: self-hosted credit control and debt recovery for people who sell on account."""

__version__ = "0.1.0"
