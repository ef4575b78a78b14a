"""From the package databases of an image to packages, and from each path to the one it is of."""
