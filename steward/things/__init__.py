"""Things: typed objects of a workspace, and how they are connected."""
