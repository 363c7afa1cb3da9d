"""Files: what people upload, kept once per workspace, shown as data and never as pages."""
