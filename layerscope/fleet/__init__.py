"""Questions about many images: which layers they share, and what each of them really costs."""
