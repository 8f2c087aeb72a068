"""Who is owed, who works for them, who buys from them, and how each can be reached."""
