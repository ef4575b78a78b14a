"""What a user asks for, end to end: inputs in, a report out."""
