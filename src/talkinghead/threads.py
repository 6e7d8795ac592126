"""How many threads torch takes."""

from __future__ import annotations

import torch
from threadpoolctl import threadpool_limits


def take_one_thread() -> None:
    """From now on torch takes one in this thread, and as many as before in all others."""
    torch.get_num_threads()  # the first thing that torch does in a thread is to set their number
    threadpool_limits(1, user_api="openmp")
