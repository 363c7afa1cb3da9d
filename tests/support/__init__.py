"""What several tests share: servers and clients that stand in for the outside world."""
