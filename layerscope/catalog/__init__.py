"""File tables of layers kept between runs, once for each DiffID, and never wrong after a crash."""
