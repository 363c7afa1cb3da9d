"""What the process loads of which warm ones are forked off; nobody else imports it. See `warm_start`."""

from __future__ import annotations

import gc
from importlib import import_module

import_module("steward.app")

# What is loaded by now is no garbage of the processes that are forked off: they need not look through it.
gc.collect()
gc.freeze()
