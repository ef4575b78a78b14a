"""Images, fleets and contexts made from a few readable lines, the same bytes each time."""
