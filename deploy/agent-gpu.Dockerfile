# The avatar agent for NVIDIA GPUs. Build from the repository root: docker build -f deploy/agent-gpu.Dockerfile .
# Linux on x64 only. Weights come as a volume: models/musetalk-v15, see docs/model-packs.md.
FROM node:20.19.5-bookworm-slim AS node

FROM node AS manifests
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
# The lockfile is about all workspaces, so npm wants to see each of them; nothing of the others is installed.
COPY package.json package-lock.json .npmrc ./
COPY agent/package.json agent/
COPY web/package.json web/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY eval/package.json eval/

FROM manifests AS build
RUN npm ci --workspace agent --include-workspace-root
COPY tsconfig.base.json ./
COPY agent agent
RUN npm run build -w agent

FROM manifests AS packages
# The rebuild fetches ONNX Runtime's CUDA 12 libraries, of the version in the lockfile.
RUN npm ci --workspace agent --omit=dev \
  && ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
  && find . -path '*/node_modules/*' -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete

# CUDA 12 and cuDNN 9, without compilers.
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ffmpeg \
  && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
COPY --from=packages /app/node_modules node_modules
# Its manifest, and packages of which other workspaces use another version.
COPY --from=packages /app/agent agent
COPY --from=build /app/agent/dist agent/dist
COPY package.json ./
COPY models/lite models/lite
COPY models/face models/face
COPY avatars avatars
COPY configs configs
# The base image's own user 1000; the CPU image's `node` has the same number, so both can use one cache volume.
RUN mkdir -p /var/cache/live-avatar data && chown 1000:1000 /var/cache/live-avatar
USER 1000:1000
EXPOSE 8090
CMD ["node", "--enable-source-maps", "agent/dist/main.js"]
