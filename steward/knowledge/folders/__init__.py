"""Folders: files of the server's own disk that become documents, and stay in step with them."""
