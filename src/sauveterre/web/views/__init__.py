"""One module for each part of the interface; ``frame`` holds what every page of an operation has in common."""
