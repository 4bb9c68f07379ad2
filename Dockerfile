# The lock of requirements.lock in a container, for Binder and for oneself:
#   docker build -t compressions . && docker run --rm -p 8888:8888 compressions
FROM python:3.11-slim-bookworm

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make wordnet-base \
    && rm -rf /var/lib/apt/lists/*

# Binder tells who runs the container; it wants a home folder and no root.
ARG NB_USER=reader
ARG NB_UID=1000
ENV HOME=/home/${NB_USER}
RUN useradd --create-home --uid ${NB_UID} ${NB_USER}
WORKDIR ${HOME}/compressions

COPY requirements.lock .
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.lock jupyterlab==4.6.6

COPY --chown=${NB_UID} . .
RUN pip install --no-cache-dir --no-deps -e . && chown ${NB_UID} .
USER ${NB_USER}
# A chapter opens as the notebook that it is.
RUN jupytext-config set-default-viewer python

EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
