# Each step is done where its result is missing or older than what it is made from.
PYTHON ?= python3.11
Q ?= 疫情期间绵阳的学校可以从哪四种网课模式里挑选？
CORPUS := $(or $(RAG_CORPUS_DIR),corpus)
INDEX := $(or $(RAG_INDEX_DIR),index)/CURRENT
export Q

.PHONY: help ask serve test docs screenshots models lock
.DELETE_ON_ERROR:

help:  ## show this
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

# Exit code 1 says that the reports do not answer the question, which is an answer too.
ask: $(INDEX) | models  ## answer the sample question, or yours: make ask Q="…"
	@echo; echo "$$Q"; echo
	@.venv/bin/rag ask "$$Q" || test $$? -eq 1

serve: $(INDEX) | models  ## start the web page and the HTTP API
	.venv/bin/rag serve

test: .venv/.dev | models  ## check style and types, run all tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/pytest

docs: .venv/.dev  ## write anew what is made from the program: both references, the pictures of the architecture
	.venv/bin/rag config --reference > docs/configuration.md
	.venv/bin/rag serve --reference > docs/api.md
	.venv/bin/python -m tests.drawing

screenshots: .venv/.dev | models  ## take the pictures of the README anew, in Chromium
	.venv/bin/python -m tests.screenshots

models: .venv/.installed  # looks at the disk itself, in a fraction of a second, wherever RAG_MODELS_DIR points
	.venv/bin/rag models pull

$(INDEX): $(CORPUS) $(wildcard $(CORPUS)/*) | models
	.venv/bin/rag index

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -r requirements.lock
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.installed
	.venv/bin/pip install --quiet -r requirements-dev.lock
	touch $@

FREEZE = .venv/bin/pip freeze --all --exclude pip --exclude report-rag | sed 's/+cpu$$//'

lock:  ## resolve anew what pyproject.toml asks for, in a new environment
	$(PYTHON) -m venv --clear .venv
	.venv/bin/pip install --quiet .
	(echo '# Made by `make lock` from pyproject.toml: what the program runs on.'; $(FREEZE)) > requirements.lock
	.venv/bin/pip install --quiet '.[dev]'
	(echo '# Made by `make lock` from pyproject.toml: what its tests need besides.'; \
	 $(FREEZE) | grep -vxFf requirements.lock) > requirements-dev.lock
