"""Cuewright's engine: words and picture in, stems on a timeline out."""

import os

__version__ = "0.1.0"

# One thread for linear algebra: the matrices here are small, the DAW needs the other cores, and on a busy machine the
# threads of OpenBLAS wait for one another (a gap of 5 ms took 24 s to fill, now 0.2 s). Read when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
