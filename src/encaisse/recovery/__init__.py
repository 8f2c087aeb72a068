"""What is done about what is owed: cases, actions, promises, disputes, pauses; planning and delivery."""
