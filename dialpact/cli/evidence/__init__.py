"""The commands for evidence packages, and the page in front of a package in words."""
