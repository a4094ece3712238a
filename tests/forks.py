"""The server that processes for tests are forked from: it has the modules loaded, and has opened no store.

So a process costs milliseconds, where a new interpreter imports for a second. Importing polars starts none of the threads
that it computes with; a process that had used them could not be forked.
"""

import multiprocessing

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["eir.__main__", "eir.cli.local", "eir.serve.questions", "loaders.service", "store.audit"])
