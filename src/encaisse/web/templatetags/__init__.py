"""How pages write money, days and lateness."""
