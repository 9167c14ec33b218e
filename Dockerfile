# Ringback in a container: `docker build -t ringback .`; docker-compose.yml shows separate processes.
#
# One container that does everything, with the built-in telephone line:
#   docker run --name ringback -p 127.0.0.1:8000:8000 -v ringback:/data ringback
#   docker exec -it ringback ringback call

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/ringback
WORKDIR /build
# The dependencies are a layer of their own, so a change of the code does not install them again.
COPY requirements.txt .
RUN /opt/ringback/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY api api
COPY callbacks callbacks
COPY customers customers
COPY flows flows
COPY ivr ivr
COPY runtime runtime
COPY voicemail voicemail
RUN /opt/ringback/bin/pip install --no-deps --no-build-isolation . \
 && /opt/ringback/bin/python -m compileall -q /opt/ringback/lib

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --home-dir /data --shell /usr/sbin/nologin ringback \
 && install --directory --owner=ringback --group=ringback --mode=0700 /data
COPY --from=build /opt/ringback /opt/ringback
ENV PATH=/opt/ringback/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RINGBACK_DATA_DIR=/data \
    RINGBACK_HOST=0.0.0.0 \
    RINGBACK_PORT=8000
USER ringback
WORKDIR /data
VOLUME /data
EXPOSE 8000
# For `serve` and `api`; docker-compose.yml checks the processes without a port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['RINGBACK_PORT'] + '/readyz', timeout=4)"]
ENTRYPOINT ["ringback"]
CMD ["serve"]
