"""Tests of the tree itself: floors, documentation, locks."""
