"""Reading: a file in, its text, its places and its passages out. Parsers run in a process of their own."""
