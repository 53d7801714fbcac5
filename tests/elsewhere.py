"""Another process, without the seconds that starting one takes."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, Future


class Elsewhere(Executor):
    """Does what another process would: all that it gets and gives back is sent."""

    def submit(self, fn, /, *args, **kwargs):
        sent, given, named = pickle.loads(pickle.dumps((fn, args, kwargs)))
        done = Future()
        done.set_result(pickle.loads(pickle.dumps(sent(*given, **named))))
        return done
