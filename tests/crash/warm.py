"""Loaded once by the server that forks the killed programs, so that each of them starts at once."""

import faiss  # noqa: F401
import scipy.sparse  # noqa: F401

from rag.index.tokens import dictionary_hash, tokenize
from tests.crash import writer  # noqa: F401

tokenize("义务教育")
dictionary_hash()
