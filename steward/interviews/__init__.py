"""Interviews: guided questions whose answers become a document."""
