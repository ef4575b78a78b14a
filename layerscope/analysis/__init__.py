"""Questions about one image or a pair."""
