"""Knowledge: documents in, passages found, citations checked."""
