FROM python:3.11-slim AS program
# PyTorch's own index has the CPU build; the package index would give the CUDA build, several GB larger.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/rag
ENV PATH=/opt/rag/bin:$PATH
WORKDIR /src
# The dependencies in a layer of their own: they change less often than the program.
COPY requirements.lock ./
RUN pip install --extra-index-url "$TORCH_INDEX" -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY prompts prompts
COPY rag rag
RUN pip install --no-deps --no-build-isolation .

FROM program AS models
# pull: the image holds the default models. Anything else: mount a folder that has them at /var/lib/rag/models.
ARG MODELS=pull
ENV RAG_MODELS_DIR=/var/lib/rag/models
RUN mkdir -p "$RAG_MODELS_DIR" && if [ "$MODELS" = pull ]; then rag models pull; fi

FROM python:3.11-slim
# Where a PDF does not bring its Chinese font along, characters are measured in one that is installed.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-cjk && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --home-dir /var/lib/rag --uid 1000 rag \
    && install --directory --owner rag --group rag /var/lib/rag/index
COPY --from=program /opt/rag /opt/rag
COPY --from=models --chown=rag:rag /var/lib/rag/models /var/lib/rag/models
COPY --chown=rag:rag corpus /var/lib/rag/corpus
ENV PATH=/opt/rag/bin:$PATH \
    RAG_CORPUS_DIR=/var/lib/rag/corpus \
    RAG_INDEX_DIR=/var/lib/rag/index \
    RAG_MODELS_DIR=/var/lib/rag/models
USER rag
WORKDIR /var/lib/rag
VOLUME /var/lib/rag/index
EXPOSE 8000
# Loading the models takes some seconds; without an index the service stays unready and says what to run.
# http.client, because urllib would ask a proxy where the environment names one.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import sys; from http.client import HTTPConnection; \
service = HTTPConnection('127.0.0.1', 8000, timeout=4); service.request('GET', '/readyz'); \
answer = service.getresponse(); sys.exit(None if answer.status == 200 else answer.read().decode())"]
ENTRYPOINT ["rag"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
